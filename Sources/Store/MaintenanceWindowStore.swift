import Basics
package import Domain
import SQLite

/// When machines may be touched.
package struct MaintenanceWindowStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package func get(_ id: MaintenanceWindow.ID) async throws(StoreError) -> MaintenanceWindow {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> MaintenanceWindow in
            try MaintenanceWindowStore.get(id, in: tx)
        }
    }

    /// By name.
    /// - Parameters: `nil` for any.
    package func list(
        of application: Application.ID? = nil, visible: [Application.ID]? = nil,
        _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<MaintenanceWindow> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<MaintenanceWindow> in
            let visible = visible?.map(\.text).jsonText
            let found = try tx.all(
                MaintenanceWindowSQL.list, request.key(0), request.key(1), application, visible,
                request.pattern, request.limit + 1, read: MaintenanceWindow.init(row:))
            let count = try tx.count(
                MaintenanceWindowSQL.count, application, visible, request.pattern)
            return Page(found: found, request: request, count: count) {
                [$0.name.text, $0.id.text]
            }
        }
    }

    /// - Throws: `.notFound` for the application; `.conflict` if the name is taken.
    package func insert(
        _ name: Name<MaintenanceWindow>, _ rule: MaintenanceWindow.Rule,
        in application: Application.ID, by actor: Actor
    ) async throws(StoreError) -> MaintenanceWindow {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> MaintenanceWindow in
            _ = try ApplicationStore.get(application, in: tx)
            let id = MaintenanceWindow.ID.random()
            try MaintenanceWindowStore.requireFree(name, in: application, but: id, in: tx)
            try tx.run(
                MaintenanceWindowSQL.insert, id, application, name, rule.storedText, tx.now)
            let window = try MaintenanceWindowStore.get(id, in: tx)
            try tx.record(.created(window.reference, team: window.teamID), by: actor)
            return window
        }
    }

    /// `nil` leaves a field as it is.
    package func update(
        _ id: MaintenanceWindow.ID, name: Name<MaintenanceWindow>? = nil,
        rule: MaintenanceWindow.Rule? = nil, by actor: Actor
    ) async throws(StoreError) -> MaintenanceWindow {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> MaintenanceWindow in
            var window = try MaintenanceWindowStore.get(id, in: tx)
            var changes = AuditChanges()
            if let name, name != window.name {
                try MaintenanceWindowStore.requireFree(
                    name, in: window.applicationID, but: id, in: tx)
                changes.compare("name", window.name.text, name.text)
                window.name = name
            }
            if let rule {
                changes.compare("rule", window.rule.storedText, rule.storedText)
                window.rule = rule
            }
            guard !changes.isEmpty else { return window }
            try tx.run(MaintenanceWindowSQL.update, id, window.name, window.rule.storedText)
            try tx.record(.changed(window.reference, team: window.teamID, changes), by: actor)
            return window
        }
    }

    /// - Throws: `.conflict` while a deployment that is not over keeps to it: without it that
    ///   would touch machines at any time.
    package func delete(_ id: MaintenanceWindow.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let window = try MaintenanceWindowStore.get(id, in: tx)
            guard try tx.count(MaintenanceWindowSQL.used, id) == 0 else {
                throw .conflict(
                    "A deployment keeps to “\(window.name)”: let it end, or cancel it first.")
            }
            try tx.run(MaintenanceWindowSQL.delete, id)
            try tx.record(.removed(window.reference, team: window.teamID), by: actor)
        }
    }

    static func get(
        _ id: MaintenanceWindow.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> MaintenanceWindow {
        try tx.one(
            "The maintenance window", MaintenanceWindowSQL.get, id,
            read: MaintenanceWindow.init(row:))
    }

    private static func requireFree(
        _ name: Name<MaintenanceWindow>, in application: Application.ID,
        but id: MaintenanceWindow.ID, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard try tx.count(MaintenanceWindowSQL.nameTaken, application, name, id) == 0 else {
            throw .conflict("The application has a maintenance window “\(name)” already.")
        }
    }
}

extension MaintenanceWindow.Rule {
    fileprivate var storedText: String { String(decoding: json, as: UTF8.self) }
}

extension MaintenanceWindow {
    init(row: borrowing Row) throws(StoreError) {
        let rule: Rule
        do {
            guard let object = try JSONReader.read(Array(row.text(5).utf8)).object else {
                throw StoreError.corrupt
            }
            rule = try Rule(json: object)
        } catch { throw .corrupt }
        self.init(
            id: try row.id(0), organizationID: try row.id(1), teamID: try row.id(2),
            applicationID: try row.id(3), name: Name(stored: row.text(4)), rule: rule,
            createdAt: row.timestamp(6))
    }
}

enum MaintenanceWindowSQL: String, CaseIterable {
    case get = """
        SELECT w.id, organization_id, team_id, w.application_id, w.name, rule, w.created_ms
        FROM maintenance_window AS w JOIN application ON application.id = w.application_id
        JOIN team ON team.id = team_id WHERE w.id = ?1
        """
    case list = """
        SELECT w.id, organization_id, team_id, w.application_id, w.name, rule, w.created_ms
        FROM maintenance_window AS w JOIN application ON application.id = w.application_id
        JOIN team ON team.id = team_id
        WHERE (?1 IS NULL OR (w.name, w.id) > (?1, ?2))
            AND (?3 IS NULL OR w.application_id = ?3)
            AND (?4 IS NULL OR w.application_id IN (SELECT value FROM json_each(?4)))
            AND (?5 IS NULL OR w.name LIKE ?5 ESCAPE '\\')
        ORDER BY w.name, w.id LIMIT ?6
        """
    case count = """
        SELECT count(*) FROM maintenance_window
        WHERE (?1 IS NULL OR application_id = ?1)
            AND (?2 IS NULL OR application_id IN (SELECT value FROM json_each(?2)))
            AND (?3 IS NULL OR name LIKE ?3 ESCAPE '\\')
        """
    case nameTaken = """
        SELECT count(*) FROM maintenance_window
        WHERE application_id = ?1 AND name = ?2 AND id <> ?3
        """
    case insert = """
        INSERT INTO maintenance_window (id, application_id, name, rule, created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
    case update = "UPDATE maintenance_window SET name = ?2, rule = ?3 WHERE id = ?1"
    case delete = "DELETE FROM maintenance_window WHERE id = ?1"
    case used = """
        SELECT count(*) FROM deployment
        WHERE window_id = ?1 AND state NOT IN ('stopped', 'finished', 'cancelled')
        """
}
