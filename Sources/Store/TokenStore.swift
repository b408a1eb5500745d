package import Basics
package import Domain
import SQLite

/// Personal tokens. Of their secrets only SHA-256 is kept.
package struct TokenStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package struct Bearer: Sendable {
        package let token: PersonalToken
        package let user: User
        package let grants: [Grant]
    }

    /// `nil` if it is unknown, over, or its user disabled.
    package func find(secretHash: [UInt8]) async throws(StoreError) -> Bearer? {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Bearer? in
            let token = try tx.first(
                TokenSQL.find, secretHash, tx.now, read: PersonalToken.init(row:))
            guard let token else { return nil }
            return Bearer(
                token: token, user: try UserStore.get(token.userID, in: tx),
                grants: try GrantStore.list(of: token.userID, in: tx))
        }
    }

    package func list(of user: User.ID) async throws(StoreError) -> [PersonalToken] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [PersonalToken] in
            try tx.all(TokenSQL.list, user, read: PersonalToken.init(row:))
        }
    }

    /// - Throws: `.conflict` if the user has one of that name.
    package func insert(
        _ name: Name<PersonalToken>, for user: User.ID, secretHash: [UInt8], readOnly: Bool,
        scope: Scope, expiresAt: Timestamp?, by actor: Actor
    ) async throws(StoreError) -> PersonalToken {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> PersonalToken in
            guard try tx.count(TokenSQL.nameTaken, user, name) == 0 else {
                throw .conflict("You have a token “\(name)” already: choose another name.")
            }
            let token = PersonalToken(
                id: .random(), userID: user, name: name, readOnly: readOnly, scope: scope,
                createdAt: tx.now, expiresAt: expiresAt)
            let columns = ScopeColumns(scope)
            try tx.run(
                TokenSQL.insert, token.id, user, name, secretHash, readOnly, columns.organization,
                columns.team, columns.application, tx.now, expiresAt)
            var changes = AuditChanges()
            changes.compare("readOnly", nil, readOnly)
            changes.compare("scope", nil, scope.kind)
            changes.compare("expiresAt", nil, expiresAt?.rfc3339)
            try tx.record(.created(token.reference, changes), by: actor)
            return token
        }
    }

    /// - Throws: `.notFound` if the user has no such token.
    package func delete(
        _ id: PersonalToken.ID, of user: User.ID, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let token = try tx.one("The token", TokenSQL.get, id, user) {
                (row: borrowing Row) throws(StoreError) in try PersonalToken(row: row)
            }
            try tx.run(TokenSQL.delete, id)
            tx.accessChanged()
            try tx.record(.removed(token.reference), by: actor)
        }
    }

    /// Writes at most once a minute for each token.
    package func touch(_ token: PersonalToken, now: Timestamp) async throws(StoreError) {
        if let last = token.lastUsedAt, last + .seconds(60) > now { return }
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(TokenSQL.touch, token.id, tx.now)
            try tx.run(UserSQL.touch, token.userID, tx.now)
        }
    }
}

extension PersonalToken {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), userID: try row.id(1), name: Name(stored: row.text(2)),
            readOnly: row.bool(3), scope: try row.scope(4), createdAt: row.timestamp(7),
            expiresAt: row.optionalTimestamp(8), lastUsedAt: row.optionalTimestamp(9))
    }
}

enum TokenSQL: String, CaseIterable {
    case find = """
        SELECT personal_token.id, user_id, personal_token.name, is_read_only, organization_id,
            team_id, application_id, personal_token.created_ms, expires_ms, last_used_ms
        FROM personal_token JOIN user ON user.id = user_id
        WHERE secret_hash = ?1 AND (expires_ms IS NULL OR expires_ms > ?2) AND NOT is_disabled
        """
    case get = """
        SELECT id, user_id, name, is_read_only, organization_id, team_id, application_id,
            created_ms, expires_ms, last_used_ms
        FROM personal_token WHERE id = ?1 AND user_id = ?2
        """
    case list = """
        SELECT id, user_id, name, is_read_only, organization_id, team_id, application_id,
            created_ms, expires_ms, last_used_ms
        FROM personal_token WHERE user_id = ?1 ORDER BY created_ms DESC, id
        """
    case nameTaken = "SELECT count(*) FROM personal_token WHERE user_id = ?1 AND name = ?2"
    case insert = """
        INSERT INTO personal_token (id, user_id, name, secret_hash, is_read_only, organization_id,
            team_id, application_id, created_ms, expires_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        """
    case delete = "DELETE FROM personal_token WHERE id = ?1"
    case touch = "UPDATE personal_token SET last_used_ms = ?2 WHERE id = ?1"
}
