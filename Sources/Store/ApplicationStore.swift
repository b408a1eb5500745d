import Basics
package import Domain
import SQLite

/// Applications, and where everything hangs in the tree.
package struct ApplicationStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// - Throws: `.notFound` if there is no such application.
    package func get(_ id: Application.ID) async throws(StoreError) -> Application {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Application in
            try ApplicationStore.get(id, in: tx)
        }
    }

    /// By name.
    /// - Parameter visible: `nil` for all, else only these.
    package func list(
        of team: Team.ID, _ request: PageRequest = PageRequest(), visible: [Application.ID]? = nil
    ) async throws(StoreError) -> Page<Application> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Application> in
            let visible = visible?.map(\.text).jsonText
            let found = try tx.all(
                ApplicationSQL.list, team, request.key(0), request.key(1), request.pattern,
                visible, request.limit + 1, read: Application.init(row:))
            let count = try tx.count(ApplicationSQL.count, team, request.pattern, visible)
            return Page(found: found, request: request, count: count) {
                [$0.name.text, $0.id.text]
            }
        }
    }

    /// - Throws: `.notFound` if the team is gone; `.conflict` if it has one of that name.
    package func insert(
        _ name: Name<Application>, description: Note, in team: Team.ID, by actor: Actor
    ) async throws(StoreError) -> Application {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Application in
            _ = try TeamStore.get(team, in: tx)
            guard try tx.count(ApplicationSQL.nameTaken, team, name, "") == 0 else {
                throw .conflict("The team has an application “\(name)” already.")
            }
            let application = Application(
                id: .random(), teamID: team, name: name, description: description,
                createdAt: tx.now)
            try ApplicationStore.insert(application, in: tx)
            var changes = AuditChanges()
            changes.compare("name", nil, name.text)
            try tx.record(.created(application.reference, team: team, changes), by: actor)
            return application
        }
    }

    /// `nil` leaves a field as it is.
    package func update(
        _ id: Application.ID, name: Name<Application>? = nil, description: Note? = nil,
        by actor: Actor
    ) async throws(StoreError) -> Application {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Application in
            var application = try ApplicationStore.get(id, in: tx)
            var changes = AuditChanges()
            if let name {
                guard try tx.count(ApplicationSQL.nameTaken, application.teamID, name, id) == 0
                else { throw .conflict("The team has an application “\(name)” already.") }
                changes.compare("name", application.name.text, name.text)
                application.name = name
            }
            if let description {
                changes.compare("description", application.description.text, description.text)
                application.description = description
            }
            guard !changes.isEmpty else { return application }
            try tx.run(ApplicationSQL.update, id, application.name, application.description)
            try tx.record(
                .changed(application.reference, team: application.teamID, changes), by: actor)
            return application
        }
    }

    /// With its snapshots.
    /// - Throws: `.conflict` while it has instances or devices.
    package func delete(_ id: Application.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let application = try ApplicationStore.get(id, in: tx)
            guard application.instanceCount == 0 else {
                throw .conflict("The application still has instances: delete them first.")
            }
            guard try tx.count(ApplicationSQL.devices, id) == 0 else {
                throw .conflict("The application still has devices: move or delete them first.")
            }
            // Both hold on to snapshots that go with the application.
            try tx.run(ApplicationSQL.deleteDeployments, id)
            try tx.run(ApplicationSQL.deleteGroups, id)
            try tx.run(ApplicationSQL.delete, id)
            tx.accessChanged()
            try tx.record(
                .removed(application.reference, team: application.teamID), by: actor)
        }
    }
}

/// What authorization asks: where something hangs. `nil`: there is no such thing.
extension ApplicationStore {
    package func path(of team: Team.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfTeam, team.text)
    }

    package func path(of application: Application.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfApplication, application.text)
    }

    package func path(of instance: Instance.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfInstance, instance.text)
    }

    package func path(of snapshot: Snapshot.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfSnapshot, snapshot.text)
    }

    package func path(of device: Device.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfDevice, device.text)
    }

    package func path(of group: DeviceGroup.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfDeviceGroup, group.text)
    }

    package func path(of deployment: Deployment.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfDeployment, deployment.text)
    }

    package func path(of window: MaintenanceWindow.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfWindow, window.text)
    }

    package func path(of alarm: Alarm.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfAlarm, alarm.text)
    }

    package func path(of grant: Grant.ID) async throws(StoreError) -> ScopePath? {
        try await path(ApplicationSQL.pathOfGrant, grant.text)
    }

    /// Of a scope that somebody names; `nil` if it does not exist.
    package func path(of scope: Scope) async throws(StoreError) -> ScopePath? {
        switch scope {
        case .site: .site
        case .organization(let id): try await path(ApplicationSQL.pathOfOrganization, id.text)
        case .team(let id): try await path(of: id)
        case .application(let id): try await path(of: id)
        }
    }

    /// Every team and application of the site, to find which of them a caller may see: a few
    /// hundred rows, where checks by row would be as many look-ups.
    package func paths() async throws(StoreError) -> [ScopePath] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [ScopePath] in
            try tx.all(ApplicationSQL.paths, read: ScopePath.init(row:))
        }
    }

    private func path(
        _ statement: ApplicationSQL, _ id: String
    ) async throws(StoreError) -> ScopePath? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> ScopePath? in
            try tx.first(statement, id, read: ScopePath.init(row:))
        }
    }
}

/// Parts of a transaction.
extension ApplicationStore {
    static func get(
        _ id: Application.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Application {
        try tx.one("The application", ApplicationSQL.get, id, read: Application.init(row:))
    }

    static func insert(
        _ application: Application, in tx: borrowing Transaction
    ) throws(StoreError) {
        try tx.run(
            ApplicationSQL.insert, application.id, application.teamID, application.name,
            application.description, application.createdAt)
    }
}

extension Application {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), teamID: try row.id(1), name: Name(stored: row.text(2)),
            description: Note(stored: row.text(3)), createdAt: row.timestamp(4),
            instanceCount: row.int(5))
    }
}

extension ScopePath {
    /// Three columns: organization, team, application.
    init(row: borrowing Row) throws(StoreError) { try self.init(row: row, at: 0) }

    init(row: borrowing Row, at column: Int) throws(StoreError) {
        self.init(
            organization: try row.optionalID(column), team: try row.optionalID(column + 1),
            application: try row.optionalID(column + 2))
    }
}

enum ApplicationSQL: String, CaseIterable {
    case get = "SELECT * FROM application_row WHERE id = ?1"
    case list = """
        SELECT * FROM application_row
        WHERE team_id = ?1 AND (?2 IS NULL OR (name, id) > (?2, ?3))
            AND (?4 IS NULL OR name LIKE ?4 ESCAPE '\\')
            AND (?5 IS NULL OR id IN (SELECT value FROM json_each(?5)))
        ORDER BY name, id LIMIT ?6
        """
    case count = """
        SELECT count(*) FROM application
        WHERE team_id = ?1 AND (?2 IS NULL OR name LIKE ?2 ESCAPE '\\')
            AND (?3 IS NULL OR id IN (SELECT value FROM json_each(?3)))
        """
    case insert = """
        INSERT INTO application (id, team_id, name, description, created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
    case nameTaken = """
        SELECT count(*) FROM application WHERE team_id = ?1 AND name = ?2 AND id <> ?3
        """
    case update = "UPDATE application SET name = ?2, description = ?3 WHERE id = ?1"
    case delete = "DELETE FROM application WHERE id = ?1"
    case devices = "SELECT count(*) FROM device WHERE application_id = ?1"
    case deleteDeployments = "DELETE FROM deployment WHERE application_id = ?1"
    case deleteGroups = "DELETE FROM device_group WHERE application_id = ?1"
    case pathOfOrganization = "SELECT id, NULL, NULL FROM organization WHERE id = ?1"
    case pathOfTeam = "SELECT organization_id, id, NULL FROM team WHERE id = ?1"
    case pathOfApplication = """
        SELECT organization_id, team.id, application.id
        FROM application JOIN team ON team.id = team_id WHERE application.id = ?1
        """
    case pathOfInstance = """
        SELECT organization_id, team.id, application.id
        FROM instance JOIN application ON application.id = application_id
        JOIN team ON team.id = team_id WHERE instance.id = ?1
        """
    case pathOfSnapshot = """
        SELECT organization_id, team.id, application.id
        FROM snapshot JOIN application ON application.id = application_id
        JOIN team ON team.id = team_id WHERE snapshot.id = ?1
        """
    case pathOfDevice = """
        SELECT organization_id, team_id, application_id FROM device_row WHERE id = ?1
        """
    case pathOfDeviceGroup = """
        SELECT organization_id, team.id, application.id
        FROM device_group JOIN application ON application.id = application_id
        JOIN team ON team.id = team_id WHERE device_group.id = ?1
        """
    case pathOfDeployment = """
        SELECT organization_id, team.id, application.id
        FROM deployment JOIN application ON application.id = application_id
        JOIN team ON team.id = team_id WHERE deployment.id = ?1
        """
    case pathOfWindow = """
        SELECT organization_id, team.id, application.id
        FROM maintenance_window JOIN application ON application.id = application_id
        JOIN team ON team.id = team_id WHERE maintenance_window.id = ?1
        """
    case pathOfAlarm = "SELECT organization_id, team_id, application_id FROM alarm WHERE id = ?1"
    case pathOfGrant = """
        SELECT coalesce(role_grant.organization_id, team.organization_id, home.organization_id),
            coalesce(role_grant.team_id, home.id), role_grant.application_id
        FROM role_grant
        LEFT JOIN team ON team.id = role_grant.team_id
        LEFT JOIN application ON application.id = role_grant.application_id
        LEFT JOIN team AS home ON home.id = application.team_id
        WHERE role_grant.id = ?1
        """
    case paths = """
        SELECT organization_id, id, NULL FROM team
        UNION ALL
        SELECT organization_id, team.id, application.id
        FROM application JOIN team ON team.id = team_id
        """
}
