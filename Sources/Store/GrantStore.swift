import Basics
package import Domain
import SQLite

/// Who has which role where.
package struct GrantStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package func get(_ id: Grant.ID) async throws(StoreError) -> Grant {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Grant in
            try GrantStore.get(id, in: tx)
        }
    }

    package func list(of user: User.ID) async throws(StoreError) -> [Grant] {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> [Grant] in
            try GrantStore.list(of: user, in: tx)
        }
    }

    /// Of several at once, for lists of users.
    package func list(of users: [User.ID]) async throws(StoreError) -> [User.ID: [Grant]] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [User.ID: [Grant]] in
            var all: [User.ID: [Grant]] = [:]
            for user in users { all[user] = try GrantStore.list(of: user, in: tx) }
            return all
        }
    }

    /// - Parameters: `nil` for any.
    package func list(
        at scope: Scope?, of user: User.ID? = nil, _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Grant> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Grant> in
            let columns = scope.map(ScopeColumns.init)
            let found = try tx.all(
                GrantSQL.list, request.key(0), scope == nil, columns?.organization, columns?.team,
                columns?.application, user, request.limit + 1, read: Grant.stored(row:))
            let count = try tx.count(
                GrantSQL.count, scope == nil, columns?.organization, columns?.team,
                columns?.application, user)
            return Page(found: found, request: request, count: count) { [$0.id.text] }
        }
    }

    /// Replaces the role that the user had at that very scope.
    /// - Throws: `.conflict` where the role cannot stand, or the last administrator would go.
    package func grant(
        _ role: Role, at scope: Scope, to user: User.ID, by actor: Actor
    ) async throws(StoreError) -> Grant {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Grant in
            let who = try UserStore.get(user, in: tx)
            let old = try GrantStore.list(of: user, in: tx).first { $0.scope == scope }
            try GrantStore.put(user, scope, role, in: tx)
            try UserStore.requireAdministrator(in: tx)
            guard
                let new = try GrantStore.list(of: user, in: tx).first(where: { $0.scope == scope })
            else { throw .corrupt }
            if old?.role != role {
                tx.accessChanged()
                try tx.record(
                    GrantStore.event(who, new, before: old?.role, after: role), by: actor)
            }
            return new
        }
    }

    /// - Throws: `.conflict` for the last administrator.
    package func revoke(_ id: Grant.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let grant = try GrantStore.get(id, in: tx)
            let who = try UserStore.get(grant.userID, in: tx)
            try tx.run(GrantSQL.delete, id)
            tx.accessChanged()
            try UserStore.requireAdministrator(in: tx)
            try tx.record(GrantStore.event(who, grant, before: grant.role, after: nil), by: actor)
        }
    }
}

/// Parts of a transaction.
extension GrantStore {
    static func get(
        _ id: Grant.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Grant {
        try tx.one("The grant", GrantSQL.get, id, read: Grant.stored(row:))
    }

    static func list(
        of user: User.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> [Grant] {
        try tx.all(GrantSQL.ofUser, user, read: Grant.stored(row:))
    }

    static func put(
        _ user: User.ID, _ scope: Scope, _ role: Role, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard Grant.allows(role, at: scope) else {
            throw .conflict("Only the site has administrators.")
        }
        let columns = ScopeColumns(scope)
        try tx.run(
            GrantSQL.put, Grant.ID.random(), user, columns.organization, columns.team,
            columns.application, role.rawValue)
    }

    private static func event(
        _ user: User, _ grant: Grant, before: Role?, after: Role?
    ) -> AuditEvent {
        var changes = AuditChanges()
        changes.compare("role", before?.rawValue, after?.rawValue)
        let place = grant.scope == .site ? "the site" : "“\(grant.scopeName)”"
        let team: Team.ID? = if case .team(let id) = grant.scope { id } else { nil }
        return AuditEvent(
            kind: after == nil ? "grant.revoked" : "grant.given", object: user.reference,
            teamID: team, before: changes.before, after: changes.after,
            text: after.map { "\(user.username) is \($0.rawValue) of \(place)" }
                ?? "\(user.username) has no role of \(place) any more")
    }
}

extension Grant {
    static func stored(row: borrowing Row) throws(StoreError) -> Grant {
        guard
            let grant = Grant(
                id: try row.id(0), userID: try row.id(1), scope: try row.scope(2),
                role: try row.word(5), scopeName: row.text(6))
        else { throw .corrupt }
        return grant
    }
}

enum GrantSQL: String, CaseIterable {
    case get = "SELECT * FROM grant_row WHERE id = ?1"
    case ofUser = "SELECT * FROM grant_row WHERE user_id = ?1 ORDER BY scope_name, id"
    case list = """
        SELECT * FROM grant_row
        WHERE (?1 IS NULL OR id > ?1)
            AND (?2 OR (organization_id IS ?3 AND team_id IS ?4 AND application_id IS ?5))
            AND (?6 IS NULL OR user_id = ?6)
        ORDER BY id LIMIT ?7
        """
    case count = """
        SELECT count(*) FROM role_grant
        WHERE (?1 OR (organization_id IS ?2 AND team_id IS ?3 AND application_id IS ?4))
            AND (?5 IS NULL OR user_id = ?5)
        """
    case put = """
        INSERT INTO role_grant (id, user_id, organization_id, team_id, application_id, role)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (user_id, coalesce(organization_id, team_id, application_id, ''))
        DO UPDATE SET role = excluded.role
        """
    case delete = "DELETE FROM role_grant WHERE id = ?1"
    case deleteAdministrator =
        "DELETE FROM role_grant WHERE user_id = ?1 AND role = 'administrator'"
}
