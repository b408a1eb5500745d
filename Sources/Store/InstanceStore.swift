import Basics
package import Domain
import SQLite

/// The instances of the site as they are wanted; how they are is the supervisor's to say.
package struct InstanceStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// `nil` for any.
    package struct Filter: Sendable, Hashable {
        package var team: Team.ID?
        package var application: Application.ID?
        package var stack: Stack.ID?
        /// Only in these applications.
        package var visible: [Application.ID]?

        package init(
            team: Team.ID? = nil, application: Application.ID? = nil, stack: Stack.ID? = nil,
            visible: [Application.ID]? = nil
        ) {
            self.team = team
            self.application = application
            self.stack = stack
            self.visible = visible
        }
    }

    /// What a new instance is made of.
    package struct Draft: Sendable {
        package var id: Instance.ID
        package var application: Application.ID
        package var name: InstanceName
        /// `nil`: made from the name.
        package var slug: Slug?
        package var stack: Stack.ID?
        package var settings: InstanceSettings
        package var desiredState: DesiredState
        package var secrets: InstanceSecrets

        package init(
            id: Instance.ID = .random(), application: Application.ID, name: InstanceName,
            slug: Slug? = nil, stack: Stack.ID?, settings: InstanceSettings = InstanceSettings(),
            desiredState: DesiredState = .stopped, secrets: InstanceSecrets
        ) {
            self.id = id
            self.application = application
            self.name = name
            self.slug = slug
            self.stack = stack
            self.settings = settings
            self.desiredState = desiredState
            self.secrets = secrets
        }
    }

    /// `nil` leaves a field as it is. A slug may change only while nothing runs under the old one;
    /// who calls sees to that.
    package struct Change: Sendable {
        package var name: InstanceName?
        package var slug: Slug?
        /// `.some(nil)`: the practice runtime.
        package var stack: Stack.ID??
        package var settings: InstanceSettings?

        package init(
            name: InstanceName? = nil, slug: Slug? = nil, stack: Stack.ID?? = nil,
            settings: InstanceSettings? = nil
        ) {
            self.name = name
            self.slug = slug
            self.stack = stack
            self.settings = settings
        }
    }

    package func get(_ id: Instance.ID) async throws(StoreError) -> Instance {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Instance in
            try InstanceStore.get(id, in: tx)
        }
    }

    package func find(slug: Slug) async throws(StoreError) -> Instance? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Instance? in
            try tx.first(InstanceSQL.bySlug, slug, read: Instance.init(row:))
        }
    }

    /// All of the site; for the supervisor at start.
    package func all() async throws(StoreError) -> [Instance] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Instance] in
            try tx.all(InstanceSQL.all, read: Instance.init(row:))
        }
    }

    /// By name.
    package func list(
        _ filter: Filter = Filter(), _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Instance> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Instance> in
            let visible = filter.visible?.map(\.text).jsonText
            let found = try tx.all(
                InstanceSQL.list, request.key(0), request.key(1), filter.team, filter.application,
                filter.stack, request.pattern, visible, request.limit + 1,
                read: Instance.init(row:))
            let count = try tx.count(
                InstanceSQL.count, filter.team, filter.application, filter.stack, request.pattern,
                visible)
            return Page(found: found, request: request, count: count) {
                [$0.name.text, $0.id.text]
            }
        }
    }

    /// - Throws: `.notFound` for application or stack; `.conflict` if name or slug is taken.
    package func insert(_ draft: Draft, by actor: Actor) async throws(StoreError) -> Instance {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Instance in
            let application = try ApplicationStore.get(draft.application, in: tx)
            if let stack = draft.stack { _ = try StackStore.get(stack, in: tx) }
            try InstanceStore.requireFree(draft.name, in: application.id, but: nil, in: tx)
            let slug: Slug
            if let wanted = draft.slug {
                try InstanceStore.requireFree(wanted, but: nil, in: tx)
                slug = wanted
            } else {
                slug = try InstanceStore.freeSlug(for: draft.name.text, in: tx)
            }
            try tx.run(
                InstanceSQL.insert, draft.id, application.id, draft.name, slug,
                draft.desiredState.rawValue, draft.stack, draft.settings.access.rawValue,
                draft.settings.pageBasic?.name, draft.settings.pageBasic?.passwordHash,
                draft.settings.memoryLimitMB, draft.settings.cpuLimitPercent,
                draft.settings.timeZone, draft.settings.paletteInstall,
                draft.settings.paletteUpload, draft.settings.logLevel.rawValue,
                draft.secrets.credentialSecret, draft.secrets.pageSecret, tx.now,
                draft.settings.keepVersions, draft.settings.keepDays,
                draft.settings.filesQuotaMB, draft.settings.filesInVersions,
                draft.settings.filesServed)
            tx.accessChanged()
            let instance = try InstanceStore.get(draft.id, in: tx)
            var changes = AuditChanges()
            changes.compare("slug", nil, slug.text)
            changes.compare("stack", nil, draft.stack?.text)
            changes.compare("desiredState", nil, draft.desiredState.rawValue)
            try tx.record(.created(instance.reference, team: instance.teamID, changes), by: actor)
            return instance
        }
    }

    /// - Throws: `.notFound` for instance or stack; `.conflict` if name or slug is taken.
    package func update(
        _ id: Instance.ID, _ change: Change, by actor: Actor
    ) async throws(StoreError) -> Instance {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Instance in
            let old = try InstanceStore.get(id, in: tx)
            var new = old
            if let name = change.name, name != old.name {
                try InstanceStore.requireFree(name, in: old.applicationID, but: id, in: tx)
                new.name = name
            }
            if let slug = change.slug, slug != old.slug {
                try InstanceStore.requireFree(slug, but: id, in: tx)
                new.slug = slug
            }
            if let stack = change.stack {
                if let stack { _ = try StackStore.get(stack, in: tx) }
                new.stackID = stack
            }
            if let settings = change.settings { new.settings = settings }
            let changes = InstanceStore.changes(from: old, to: new)
            guard !changes.isEmpty else { return new }
            tx.accessChanged()
            try tx.run(
                InstanceSQL.update, id, new.name, new.slug, new.stackID,
                new.settings.access.rawValue, new.settings.pageBasic?.name,
                new.settings.pageBasic?.passwordHash, new.settings.memoryLimitMB,
                new.settings.cpuLimitPercent, new.settings.timeZone, new.settings.paletteInstall,
                new.settings.paletteUpload, new.settings.logLevel.rawValue,
                new.settings.keepVersions, new.settings.keepDays, new.settings.filesQuotaMB,
                new.settings.filesInVersions, new.settings.filesServed)
            try tx.record(.changed(new.reference, team: new.teamID, changes), by: actor)
            return new
        }
    }

    /// What somebody wants of it, across reboots.
    package func setDesiredState(
        _ id: Instance.ID, to state: DesiredState, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let instance = try InstanceStore.get(id, in: tx)
            guard instance.desiredState != state else { return }
            try tx.run(InstanceSQL.setDesiredState, id, state.rawValue)
            var changes = AuditChanges()
            changes.compare("desiredState", instance.desiredState.rawValue, state.rawValue)
            let verb = state == .running ? "started" : "stopped"
            try tx.record(
                AuditEvent(
                    kind: "instance.\(verb)", object: instance.reference, teamID: instance.teamID,
                    before: changes.before, after: changes.after,
                    text: "Instance “\(instance.name)” \(verb)"), by: actor)
        }
    }

    /// With its versions, environment, page tokens and alarms; its snapshots stay. Its files and
    /// its log are the caller's to remove.
    package func delete(_ id: Instance.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let instance = try InstanceStore.get(id, in: tx)
            try tx.run(AlarmSQL.deleteOf, "instance", id)
            try tx.run(InstanceSQL.delete, id)
            tx.accessChanged()
            try tx.record(.removed(instance.reference, team: instance.teamID), by: actor)
        }
    }
}

/// Parts of a transaction.
extension InstanceStore {
    static func get(
        _ id: Instance.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Instance {
        try tx.one("The instance", InstanceSQL.get, id, read: Instance.init(row:))
    }

    private static func requireFree(
        _ name: InstanceName, in application: Application.ID, but id: Instance.ID?,
        in tx: borrowing Transaction
    ) throws(StoreError) {
        guard try tx.count(InstanceSQL.nameTaken, application, name, id?.text ?? "") == 0 else {
            throw .conflict("The application has an instance “\(name)” already.")
        }
    }

    private static func requireFree(
        _ slug: Slug, but id: Instance.ID?, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard try tx.count(InstanceSQL.slugTaken, slug, id?.text ?? "") == 0 else {
            throw .conflict("The address “\(slug)” is taken by another instance of the site.")
        }
    }

    private static func freeSlug(
        for name: String, in tx: borrowing Transaction
    ) throws(StoreError) -> Slug {
        for attempt in 1...1000 {
            let slug = Slug.suggested(for: name, attempt: attempt)
            if try tx.count(InstanceSQL.slugTaken, slug, "") == 0 { return slug }
        }
        throw .conflict("Too many instances have nearly this name: choose another.")
    }

    private static func changes(from old: Instance, to new: Instance) -> AuditChanges {
        var changes = AuditChanges()
        changes.compare("name", old.name.text, new.name.text)
        changes.compare("slug", old.slug.text, new.slug.text)
        changes.compare("stack", old.stackID?.text, new.stackID?.text)
        let (before, after) = (old.settings, new.settings)
        changes.compare("access", before.access.rawValue, after.access.rawValue)
        changes.compare("memoryLimitMB", before.memoryLimitMB, after.memoryLimitMB)
        changes.compare("cpuLimitPercent", before.cpuLimitPercent, after.cpuLimitPercent)
        changes.compare("timeZone", before.timeZone?.text, after.timeZone?.text)
        changes.compare("paletteInstall", before.paletteInstall, after.paletteInstall)
        changes.compare("paletteUpload", before.paletteUpload, after.paletteUpload)
        changes.compare("logLevel", before.logLevel.rawValue, after.logLevel.rawValue)
        changes.compare("keepVersions", before.keepVersions, after.keepVersions)
        changes.compare("keepDays", before.keepDays, after.keepDays)
        changes.compare("filesQuotaMB", before.filesQuotaMB, after.filesQuotaMB)
        changes.compare("filesInVersions", before.filesInVersions, after.filesInVersions)
        changes.compare("filesServed", before.filesServed, after.filesServed)
        if before.pageBasic != after.pageBasic { changes.secret("pageBasic") }
        return changes
    }
}
