package import Basics
package import Domain
import SQLite

/// Bearer tokens for the pages of an instance. Of their secrets only SHA-256 is kept.
package struct PageTokenStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// `nil` unless the instance has a token with that secret.
    package func find(
        secretHash: [UInt8], of instance: Instance.ID
    ) async throws(StoreError) -> PageToken? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> PageToken? in
            try tx.first(PageTokenSQL.find, secretHash, instance, read: PageToken.init(row:))
        }
    }

    package func list(of instance: Instance.ID) async throws(StoreError) -> [PageToken] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [PageToken] in
            try tx.all(PageTokenSQL.list, instance, read: PageToken.init(row:))
        }
    }

    /// - Throws: `.conflict` if the instance has one of that name.
    package func insert(
        _ name: Name<PageToken>, for id: Instance.ID, secretHash: [UInt8], by actor: Actor
    ) async throws(StoreError) -> PageToken {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> PageToken in
            let instance = try InstanceStore.get(id, in: tx)
            guard try tx.count(PageTokenSQL.nameTaken, id, name) == 0 else {
                throw .conflict("The instance has a token “\(name)” already.")
            }
            let token = PageToken(id: .random(), instanceID: id, name: name, createdAt: tx.now)
            try tx.run(PageTokenSQL.insert, token.id, id, name, secretHash, tx.now)
            try tx.record(
                AuditEvent(
                    kind: "page-token.created", object: instance.reference,
                    teamID: instance.teamID,
                    text: "Page token “\(name)” of instance “\(instance.name)” created"),
                by: actor)
            return token
        }
    }

    package func delete(
        _ token: PageToken.ID, of id: Instance.ID, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let instance = try InstanceStore.get(id, in: tx)
            guard try tx.run(PageTokenSQL.delete, token, id) == 1 else {
                throw .notFound("The page token")
            }
            tx.accessChanged()
            try tx.record(
                AuditEvent(
                    kind: "page-token.removed", object: instance.reference,
                    teamID: instance.teamID,
                    text: "A page token of instance “\(instance.name)” removed"), by: actor)
        }
    }

    /// Writes at most once a minute for each token.
    package func touch(_ token: PageToken, now: Timestamp) async throws(StoreError) {
        if let last = token.lastUsedAt, last + .seconds(60) > now { return }
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(PageTokenSQL.touch, token.id, tx.now)
        }
    }
}

extension PageToken {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), instanceID: try row.id(1), name: Name(stored: row.text(2)),
            createdAt: row.timestamp(3), lastUsedAt: row.optionalTimestamp(4))
    }
}

enum PageTokenSQL: String, CaseIterable {
    case find = """
        SELECT id, instance_id, name, created_ms, last_used_ms FROM page_token
        WHERE secret_hash = ?1 AND instance_id = ?2
        """
    case list = """
        SELECT id, instance_id, name, created_ms, last_used_ms FROM page_token
        WHERE instance_id = ?1 ORDER BY name
        """
    case nameTaken = "SELECT count(*) FROM page_token WHERE instance_id = ?1 AND name = ?2"
    case insert = """
        INSERT INTO page_token (id, instance_id, name, secret_hash, created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
    case delete = "DELETE FROM page_token WHERE id = ?1 AND instance_id = ?2"
    case touch = "UPDATE page_token SET last_used_ms = ?2 WHERE id = ?1"
}
