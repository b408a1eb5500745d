package import Basics
package import Domain
import SQLite

/// Gateways and PLCs with a name and topics of their own at the broker. Of their passwords only
/// SHA-256 is kept: they are made by us, of random letters.
package struct BrokerClientStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package struct Draft: Sendable {
        package var team: Team.ID
        package var name: BrokerClientName
        package var note: String
        package var rules: [AccessRule]
        package var isEnabled: Bool
        package init(
            team: Team.ID, name: BrokerClientName, note: String, rules: [AccessRule],
            isEnabled: Bool
        ) {
            self.team = team
            self.name = name
            self.note = note
            self.rules = rules
            self.isEnabled = isEnabled
        }
    }

    /// With the digests of their passwords; for the broker at start.
    package func all() async throws(StoreError) -> [(client: BrokerClient, digest: [UInt8])] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [(BrokerClient, [UInt8])] in
            try tx.all(BrokerClientSQL.all) { (row: borrowing Row) throws(StoreError) in
                (try BrokerClient(row: row), row.blob(9))
            }
        }
    }

    package func get(_ id: BrokerClient.ID) async throws(StoreError) -> BrokerClient {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> BrokerClient in
            try tx.one(
                "The broker's client", BrokerClientSQL.get, id, read: BrokerClient.init(row:))
        }
    }

    package func digest(of id: BrokerClient.ID) async throws(StoreError) -> [UInt8] {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> [UInt8] in
            try tx.one("The broker's client", BrokerClientSQL.get, id) { (row: borrowing Row) in
                row.blob(9)
            }
        }
    }

    /// By name.
    /// - Parameter teams: `nil` for all.
    package func list(
        of teams: [Team.ID]?, _ request: PageRequest
    ) async throws(StoreError) -> Page<BrokerClient> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<BrokerClient> in
            let teams = teams?.map(\.text).jsonText
            let found = try tx.all(
                BrokerClientSQL.list, request.key(0), request.pattern, teams, request.limit + 1,
                read: BrokerClient.init(row:))
            let count = try tx.count(BrokerClientSQL.count, request.pattern, teams)
            return Page(found: found, request: request, count: count) { [$0.name.text] }
        }
    }

    /// - Throws: `.conflict` if the site has one of that name.
    package func insert(
        _ draft: Draft, digest: [UInt8], by actor: Actor
    ) async throws(StoreError) -> BrokerClient {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> BrokerClient in
            _ = try TeamStore.get(draft.team, in: tx)
            guard try tx.count(BrokerClientSQL.nameTaken, draft.name.text) == 0 else {
                throw .conflict("The broker has a client “\(draft.name)” already.")
            }
            let id = BrokerClient.ID.random()
            try tx.run(
                BrokerClientSQL.insert, id, draft.team, draft.name.text, draft.note, digest,
                draft.rules.json, draft.isEnabled, tx.now)
            let client = try Self.get(id, in: tx)
            var changes = AuditChanges()
            changes.compare("name", nil, client.name.text)
            changes.compare("rules", nil, client.rules.text)
            try tx.record(.created(client.reference, team: client.teamID, changes), by: actor)
            return client
        }
    }

    package func update(
        _ id: BrokerClient.ID, by actor: Actor,
        _ change: @escaping @Sendable (inout BrokerClient) -> Void
    ) async throws(StoreError) -> BrokerClient {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> BrokerClient in
            let old = try Self.get(id, in: tx)
            var new = old
            change(&new)
            var changes = AuditChanges()
            changes.compare("note", old.note, new.note)
            changes.compare("rules", old.rules.text, new.rules.text)
            changes.compare("enabled", old.isEnabled, new.isEnabled)
            guard !changes.isEmpty else { return old }
            try tx.run(BrokerClientSQL.update, id, new.note, new.rules.json, new.isEnabled)
            try tx.record(.changed(new.reference, team: new.teamID, changes), by: actor)
            return new
        }
    }

    package func setDigest(
        _ digest: [UInt8], of id: BrokerClient.ID, by actor: Actor
    ) async throws(StoreError) -> BrokerClient {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> BrokerClient in
            let client = try Self.get(id, in: tx)
            try tx.run(BrokerClientSQL.setDigest, id, digest)
            var changes = AuditChanges()
            changes.secret("password")
            try tx.record(.changed(client.reference, team: client.teamID, changes), by: actor)
            return client
        }
    }

    package func delete(
        _ id: BrokerClient.ID, by actor: Actor
    ) async throws(StoreError) -> BrokerClient {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> BrokerClient in
            let client = try Self.get(id, in: tx)
            try tx.run(BrokerClientSQL.delete, id)
            try tx.record(.removed(client.reference, team: client.teamID), by: actor)
            return client
        }
    }

    /// That clients were seen; the audit trail is for what people do.
    package func touch(_ names: Set<String>, at now: Timestamp) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            for name in names { try tx.run(BrokerClientSQL.touch, name, now) }
        }
    }

    private static func get(
        _ id: BrokerClient.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> BrokerClient {
        try tx.one("The broker's client", BrokerClientSQL.get, id, read: BrokerClient.init(row:))
    }
}

extension BrokerClient {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), organizationID: try row.id(1), teamID: try row.id(2),
            name: BrokerClientName(stored: row.text(3)), note: row.text(4),
            rules: try [AccessRule](stored: row.text(5)), isEnabled: row.int64(6) != 0,
            createdAt: row.timestamp(7), lastSeenAt: row.optionalTimestamp(8))
    }
}

extension [AccessRule] {
    fileprivate init(stored text: String) throws(StoreError) {
        guard let list = try? JSONReader.read(Array<UInt8>(text.utf8)).array else { throw .corrupt }
        self = []
        for item in list {
            guard let object = item.object,
                let access = object["access"]?.string.flatMap(AccessRule.Access.init(rawValue:)),
                let filter = object["filter"]?.string
            else { throw .corrupt }
            append(AccessRule(stored: access, filter))
        }
    }

    fileprivate var json: String {
        var writer = JSONWriter()
        writer.array { writer in
            for rule in self {
                writer.object { writer in
                    writer.field("access", rule.access.rawValue)
                    writer.field("filter", rule.filter)
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    fileprivate var text: String {
        map { "\($0.access.rawValue) \($0.filter)" }.joined(separator: ", ")
    }
}

enum BrokerClientSQL: String, CaseIterable {
    case all = """
        SELECT c.id, t.organization_id, c.team_id, c.name, c.note, c.rules, c.is_enabled,
            c.created_ms, c.last_seen_ms, c.secret_hash
        FROM broker_client c JOIN team t ON t.id = c.team_id
        """
    case get = """
        SELECT c.id, t.organization_id, c.team_id, c.name, c.note, c.rules, c.is_enabled,
            c.created_ms, c.last_seen_ms, c.secret_hash
        FROM broker_client c JOIN team t ON t.id = c.team_id WHERE c.id = ?1
        """
    case list = """
        SELECT c.id, t.organization_id, c.team_id, c.name, c.note, c.rules, c.is_enabled,
            c.created_ms, c.last_seen_ms, c.secret_hash
        FROM broker_client c JOIN team t ON t.id = c.team_id
        WHERE (?1 IS NULL OR c.name > ?1) AND (?2 IS NULL OR c.name LIKE ?2 ESCAPE '\\')
            AND (?3 IS NULL OR c.team_id IN (SELECT value FROM json_each(?3)))
        ORDER BY c.name LIMIT ?4
        """
    case count = """
        SELECT count(*) FROM broker_client
        WHERE (?1 IS NULL OR name LIKE ?1 ESCAPE '\\')
            AND (?2 IS NULL OR team_id IN (SELECT value FROM json_each(?2)))
        """
    case nameTaken = "SELECT count(*) FROM broker_client WHERE name = ?1"
    case insert = """
        INSERT INTO broker_client (id, team_id, name, note, secret_hash, rules, is_enabled, created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """
    case update = """
        UPDATE broker_client SET note = ?2, rules = ?3, is_enabled = ?4 WHERE id = ?1
        """
    case setDigest = "UPDATE broker_client SET secret_hash = ?2 WHERE id = ?1"
    case delete = "DELETE FROM broker_client WHERE id = ?1"
    case touch = "UPDATE broker_client SET last_seen_ms = ?2 WHERE name = ?1"
}
