import Basics
package import Domain
import SQLite

/// Organizations and teams.
package struct TeamStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// - Throws: `.notFound` if there is no such team.
    package func get(_ id: Team.ID) async throws(StoreError) -> Team {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Team in
            try TeamStore.get(id, in: tx)
        }
    }

    /// By name.
    /// - Parameter visible: `nil` for all, else only these.
    package func list(
        _ request: PageRequest = PageRequest(), visible: [Team.ID]? = nil
    ) async throws(StoreError) -> Page<Team> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Team> in
            let visible = visible?.map(\.text).jsonText
            let found = try tx.all(
                TeamSQL.list, request.key(0), request.key(1), request.pattern, visible,
                request.limit + 1, read: Team.init(row:))
            let count = try tx.count(TeamSQL.count, request.pattern, visible)
            return Page(found: found, request: request, count: count) {
                [$0.name.text, $0.id.text]
            }
        }
    }

    /// In the first organization, which exists from setup on.
    /// - Throws: `.conflict` if the name is taken.
    package func insert(_ name: Name<Team>, by actor: Actor) async throws(StoreError) -> Team {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Team in
            let organization: Organization.ID = try tx.one(
                "The organization", TeamSQL.firstOrganization
            ) { (row: borrowing Row) throws(StoreError) in try row.id(0) }
            guard try tx.count(TeamSQL.nameTaken, name, "") == 0 else {
                throw .conflict("There is a team “\(name)” already: choose another name.")
            }
            let team = Team(
                id: .random(), organizationID: organization, name: name,
                slug: try TeamStore.freeSlug(for: name.text, in: tx), createdAt: tx.now)
            try TeamStore.insert(team, in: tx)
            var changes = AuditChanges()
            changes.compare("name", nil, name.text)
            try tx.record(.created(team.reference, team: team.id, changes), by: actor)
            return team
        }
    }

    /// - Throws: `.notFound`; `.conflict` if the name is taken.
    package func rename(
        _ id: Team.ID, to name: Name<Team>, by actor: Actor
    ) async throws(StoreError) -> Team {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Team in
            var team = try TeamStore.get(id, in: tx)
            guard try tx.count(TeamSQL.nameTaken, name, id) == 0 else {
                throw .conflict("There is a team “\(name)” already: choose another name.")
            }
            var changes = AuditChanges()
            changes.compare("name", team.name.text, name.text)
            guard !changes.isEmpty else { return team }
            try tx.run(TeamSQL.rename, id, name)
            team.name = name
            try tx.record(.changed(team.reference, team: id, changes), by: actor)
            return team
        }
    }

    /// With its applications, snapshots and grants.
    /// - Throws: `.conflict` while it has instances or devices: those are deleted one by one.
    package func delete(_ id: Team.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let team = try TeamStore.get(id, in: tx)
            guard team.counts.instances == 0 else {
                throw .conflict("The team still has instances: delete or move them first.")
            }
            guard try tx.count(TeamSQL.devices, id) == 0 else {
                throw .conflict("The team still has devices: delete them first.")
            }
            // Groups hold on to snapshots that go with the team.
            try tx.run(TeamSQL.deleteDeployments, id)
            try tx.run(TeamSQL.deleteGroups, id)
            try tx.run(TeamSQL.delete, id)
            tx.accessChanged()
            try tx.record(.removed(team.reference, team: id), by: actor)
        }
    }
}

/// Parts of a transaction.
extension TeamStore {
    static func get(
        _ id: Team.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Team {
        try tx.one("The team", TeamSQL.get, id, read: Team.init(row:))
    }

    static func insert(_ team: Team, in tx: borrowing Transaction) throws(StoreError) {
        try tx.run(
            TeamSQL.insert, team.id, team.organizationID, team.name, team.slug, team.createdAt)
    }

    private static func freeSlug(
        for name: String, in tx: borrowing Transaction
    ) throws(StoreError) -> Slug {
        for attempt in 1...1000 {
            let slug = Slug.suggested(for: name, attempt: attempt)
            if try tx.count(TeamSQL.slugTaken, slug) == 0 { return slug }
        }
        throw .conflict("Too many teams have nearly this name: choose another.")
    }
}

extension Team {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), organizationID: try row.id(1), name: Name(stored: row.text(2)),
            slug: Slug(stored: row.text(3)), createdAt: row.timestamp(4),
            counts: Counts(applications: row.int(5), instances: row.int(6)))
    }
}

enum TeamSQL: String, CaseIterable {
    case insertOrganization =
        "INSERT INTO organization (id, name, created_ms) VALUES (?1, ?2, ?3)"
    case firstOrganization = "SELECT id FROM organization ORDER BY created_ms, id LIMIT 1"
    case get = "SELECT * FROM team_row WHERE id = ?1"
    case list = """
        SELECT * FROM team_row
        WHERE (?1 IS NULL OR (name, id) > (?1, ?2))
            AND (?3 IS NULL OR name LIKE ?3 ESCAPE '\\')
            AND (?4 IS NULL OR id IN (SELECT value FROM json_each(?4)))
        ORDER BY name, id LIMIT ?5
        """
    case count = """
        SELECT count(*) FROM team
        WHERE (?1 IS NULL OR name LIKE ?1 ESCAPE '\\')
            AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2)))
        """
    case insert = """
        INSERT INTO team (id, organization_id, name, slug, created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
    case nameTaken = "SELECT count(*) FROM team WHERE name = ?1 AND id <> ?2"
    case slugTaken = "SELECT count(*) FROM team WHERE slug = ?1"
    case rename = "UPDATE team SET name = ?2 WHERE id = ?1"
    case delete = "DELETE FROM team WHERE id = ?1"
    case devices = "SELECT count(*) FROM device WHERE team_id = ?1"
    case deleteDeployments = """
        DELETE FROM deployment
        WHERE application_id IN (SELECT id FROM application WHERE team_id = ?1)
        """
    case deleteGroups = """
        DELETE FROM device_group
        WHERE application_id IN (SELECT id FROM application WHERE team_id = ?1)
        """
}
