import Basics
package import Domain
import SQLite

/// Groups of devices and what all of a group shall run. A change of one raises the revision of each
/// device that it touches; the caller tells the fleet which.
package struct DeviceGroupStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package struct Draft: Sendable {
        package var application: Application.ID
        package var name: Name<DeviceGroup>
        package var note: Note
        package var filter: DeviceFilter?
        package var target: Snapshot.ID?
        package var window: MaintenanceWindow.ID?

        package init(
            application: Application.ID, name: Name<DeviceGroup>, note: Note = .empty,
            filter: DeviceFilter? = nil, target: Snapshot.ID? = nil,
            window: MaintenanceWindow.ID? = nil
        ) {
            self.application = application
            self.name = name
            self.note = note
            self.filter = filter
            self.target = target
            self.window = window
        }
    }

    /// A group with what a list shows beside it.
    package struct Listed: Sendable, Equatable {
        package var group: DeviceGroup
        package var targetName: String?
        package var windowName: String?
        /// Devices that say they run what they shall.
        package var currentCount: Int
    }

    /// A group and the devices whose wanted state changed with it.
    package struct Changed: Sendable, Equatable {
        package var listed: Listed
        package var devices: [Device.ID]
    }

    package func get(_ id: DeviceGroup.ID) async throws(StoreError) -> Listed {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Listed in
            try DeviceGroupStore.listed(id, in: tx)
        }
    }

    /// By name.
    /// - Parameters: `nil` for any.
    package func list(
        of application: Application.ID? = nil, visible: [Application.ID]? = nil,
        _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Listed> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Listed> in
            let visible = visible?.map(\.text).jsonText
            let found = try tx.all(
                DeviceGroupSQL.list, request.key(0), request.key(1), application, visible,
                request.pattern, request.limit + 1, read: Listed.init(row:))
            let count = try tx.count(DeviceGroupSQL.count, application, visible, request.pattern)
            return Page(found: found, request: request, count: count) {
                [$0.group.name.text, $0.group.id.text]
            }
        }
    }

    /// - Throws: `.notFound` for what it names; `.conflict` if the name is taken.
    package func insert(_ draft: Draft, by actor: Actor) async throws(StoreError) -> Changed {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Changed in
            let application = try ApplicationStore.get(draft.application, in: tx)
            let id = DeviceGroup.ID.random()
            try DeviceGroupStore.check(draft, id, in: tx)
            try tx.run(
                DeviceGroupSQL.insert, id, draft.application, draft.name, draft.note,
                draft.filter?.storedText, draft.target, draft.window, tx.now)
            let group = try DeviceGroupStore.get(id, in: tx)
            try tx.record(.created(group.reference, team: application.teamID), by: actor)
            let touched = try DeviceGroupStore.gather(draft.application, in: tx)
            return Changed(listed: try DeviceGroupStore.listed(id, in: tx), devices: touched)
        }
    }

    /// Devices that no longer match leave, others come: at once.
    package func update(
        _ id: DeviceGroup.ID, by actor: Actor, _ change: @escaping @Sendable (inout Draft) -> Void
    ) async throws(StoreError) -> Changed {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Changed in
            let old = try DeviceGroupStore.get(id, in: tx)
            var draft = Draft(
                application: old.applicationID, name: old.name, note: old.note,
                filter: old.filter, target: old.targetSnapshotID, window: old.windowID)
            change(&draft)
            draft.application = old.applicationID
            var changes = AuditChanges()
            changes.compare("name", old.name.text, draft.name.text)
            changes.compare("note", old.note.text, draft.note.text)
            changes.compare("filter", old.filter?.storedText, draft.filter?.storedText)
            changes.compare("target", old.targetSnapshotID?.text, draft.target?.text)
            changes.compare("window", old.windowID?.text, draft.window?.text)
            guard !changes.isEmpty else {
                return Changed(listed: try DeviceGroupStore.listed(id, in: tx), devices: [])
            }
            try DeviceGroupStore.check(draft, id, in: tx)
            try tx.run(
                DeviceGroupSQL.update, id, draft.name, draft.note, draft.filter?.storedText,
                draft.target, draft.window)
            var touched: [Device.ID] = []
            if old.targetSnapshotID != draft.target {
                touched = try tx.all(DeviceGroupSQL.raise, id) {
                    (row: borrowing Row) throws(StoreError) in try row.id(0)
                }
            }
            if old.filter != draft.filter {
                touched += try DeviceGroupStore.gather(old.applicationID, in: tx)
            }
            let group = try DeviceGroupStore.get(id, in: tx)
            try tx.record(.changed(group.reference, team: group.teamID, changes), by: actor)
            return Changed(listed: try DeviceGroupStore.listed(id, in: tx), devices: touched)
        }
    }

    /// Who belongs to a group whose devices somebody picks; others of its devices leave it.
    /// - Throws: `.conflict` for a group with a filter, or devices of other applications.
    package func setDevices(
        _ devices: [Device.ID], of id: DeviceGroup.ID, by actor: Actor
    ) async throws(StoreError) -> Changed {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Changed in
            let group = try DeviceGroupStore.get(id, in: tx)
            guard group.filter == nil else {
                throw .conflict(
                    "The group “\(group.name)” gathers its devices by itself: take its filter away "
                        + "first.")
            }
            let text = devices.map(\.text).jsonText
            let known = try tx.count(DeviceGroupSQL.known, text, group.applicationID)
            guard known == Set(devices).count else {
                throw .conflict("Only devices of the same application can belong to a group.")
            }
            let read = { (row: borrowing Row) throws(StoreError) -> Device.ID in try row.id(0) }
            var touched = try tx.all(DeviceGroupSQL.leave, id, text, read: read)
            touched += try tx.all(DeviceGroupSQL.enter, id, text, read: read)
            if !touched.isEmpty {
                touched += try DeviceGroupStore.gather(group.applicationID, in: tx)
                var changes = AuditChanges()
                changes.compare("devices", group.deviceCount, devices.count)
                try tx.record(.changed(group.reference, team: group.teamID, changes), by: actor)
            }
            return Changed(listed: try DeviceGroupStore.listed(id, in: tx), devices: touched)
        }
    }

    /// - Returns: its devices, which lose the group's target.
    package func delete(
        _ id: DeviceGroup.ID, by actor: Actor
    ) async throws(StoreError) -> [Device.ID] {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> [Device.ID] in
            let group = try DeviceGroupStore.get(id, in: tx)
            var touched = try tx.all(DeviceGroupSQL.leave, id, "[]") {
                (row: borrowing Row) throws(StoreError) -> Device.ID in try row.id(0)
            }
            try tx.run(DeviceGroupSQL.delete, id)
            touched += try DeviceGroupStore.gather(group.applicationID, in: tx)
            try tx.record(.removed(group.reference, team: group.teamID), by: actor)
            return touched
        }
    }
}
