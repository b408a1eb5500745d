package import Basics
package import Domain
import SQLite

/// Browsers that are signed in. Of their secrets only SHA-256 is kept.
package struct SessionStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// A valid session with all that authorization needs.
    package struct SignedIn: Sendable {
        package let session: Session
        package let tokenHash: [UInt8]
        package let csrfHash: [UInt8]
        package let user: User
        package let grants: [Grant]
    }

    /// Who signed in is written down as an audit event.
    package func create(
        for user: User, tokenHash: [UInt8], csrfHash: [UInt8], address: String, agent: String,
        by actor: Actor
    ) async throws(StoreError) -> Session {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Session in
            let absolute = tx.now + Session.absoluteLifetime
            let session = Session(
                id: .random(), userID: user.id, createdAt: tx.now, lastSeenAt: tx.now,
                expiresAt: min(tx.now + Session.idleLifetime, absolute),
                absoluteExpiresAt: absolute, address: address, agent: String(agent.prefix(300)))
            try tx.run(
                SessionSQL.insert, session.id, user.id, tokenHash, csrfHash, tx.now,
                session.expiresAt, absolute, address, session.agent)
            try tx.run(UserSQL.touch, user.id, tx.now)
            try tx.record(
                AuditEvent(
                    kind: "session.created", object: user.reference,
                    text: "\(user.username) signed in"), by: actor)
            return session
        }
    }

    /// `nil` if it is unknown, over, or its user disabled.
    package func find(tokenHash: [UInt8]) async throws(StoreError) -> SignedIn? {
        try await find(SessionSQL.byToken, tokenHash)
    }

    /// By the page's own token, for when a hostile page pushed the cookie out.
    package func find(csrfHash: [UInt8]) async throws(StoreError) -> SignedIn? {
        try await find(SessionSQL.byCSRF, csrfHash)
    }

    /// `nil` if it is over; for connections that outlive a request.
    package func find(_ id: Session.ID) async throws(StoreError) -> SignedIn? {
        try await find(SessionSQL.byID, id)
    }

    private func find(
        _ statement: SessionSQL, _ key: any Bindable
    ) async throws(StoreError) -> SignedIn? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> SignedIn? in
            let found = try tx.first(statement, key, tx.now) {
                (row: borrowing Row) throws(StoreError) in
                (try Session(row: row), row.blob(8), row.blob(9))
            }
            guard let (session, tokenHash, csrfHash) = found else { return nil }
            return SignedIn(
                session: session, tokenHash: tokenHash, csrfHash: csrfHash,
                user: try UserStore.get(session.userID, in: tx),
                grants: try GrantStore.list(of: session.userID, in: tx))
        }
    }

    /// A new cookie for a session whose cookie was lost.
    package func renew(_ id: Session.ID, tokenHash: [UInt8]) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            guard try tx.run(SessionSQL.renew, id, tokenHash) == 1 else {
                throw .notFound("The session")
            }
            // The cookie that was lost opens nothing more.
            tx.accessChanged()
        }
    }

    /// Moves the idle end. Writes at most once a minute for each session.
    package func touch(_ session: Session, now: Timestamp) async throws(StoreError) {
        guard session.lastSeenAt + .seconds(60) <= now else { return }
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let end = min(tx.now + Session.idleLifetime, session.absoluteExpiresAt)
            try tx.run(SessionSQL.touch, session.id, tx.now, end)
            try tx.run(UserSQL.touch, session.userID, tx.now)
        }
    }

    /// The newest first; without those that are over.
    package func list(of user: User.ID) async throws(StoreError) -> [Session] {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> [Session] in
            try tx.all(SessionSQL.list, user, tx.now, read: Session.init(row:))
        }
    }

    /// - Throws: `.notFound` if the user has no such session.
    package func revoke(
        _ id: Session.ID, of user: User.ID, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            guard try tx.run(SessionSQL.delete, id, user) == 1 else {
                throw .notFound("The session")
            }
            tx.accessChanged()
            let user = try UserStore.get(user, in: tx)
            try tx.record(
                AuditEvent(
                    kind: "session.ended", object: user.reference,
                    text: "A session of \(user.username) ended"), by: actor)
        }
    }

    /// - Returns: how many ended.
    @discardableResult
    package func revokeAll(
        of user: User.ID, except kept: Session.ID? = nil, by actor: Actor
    ) async throws(StoreError) -> Int {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Int in
            let user = try UserStore.get(user, in: tx)
            let count = try tx.run(SessionSQL.deleteAll, user.id, kept?.text ?? "")
            if count > 0 {
                tx.accessChanged()
                try tx.record(
                    AuditEvent(
                        kind: "session.ended", object: user.reference,
                        text: "\(count) sessions of \(user.username) ended"), by: actor)
            }
            return count
        }
    }

    /// Forgets sessions that are over.
    package func purge() async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(SessionSQL.purge, tx.now)
        }
    }
}

extension Session {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), userID: try row.id(1), createdAt: row.timestamp(2),
            lastSeenAt: row.timestamp(3), expiresAt: row.timestamp(4),
            absoluteExpiresAt: row.timestamp(5), address: row.text(6), agent: row.text(7))
    }
}

enum SessionSQL: String, CaseIterable {
    case insert = """
        INSERT INTO session (id, user_id, token_hash, csrf_hash, created_ms, last_seen_ms,
            expires_ms, absolute_expires_ms, address, agent)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9)
        """
    case byToken = """
        SELECT session.id, user_id, session.created_ms, session.last_seen_ms, expires_ms,
            absolute_expires_ms, address, agent, token_hash, csrf_hash
        FROM session JOIN user ON user.id = user_id
        WHERE token_hash = ?1 AND expires_ms > ?2 AND NOT is_disabled
        """
    case byCSRF = """
        SELECT session.id, user_id, session.created_ms, session.last_seen_ms, expires_ms,
            absolute_expires_ms, address, agent, token_hash, csrf_hash
        FROM session JOIN user ON user.id = user_id
        WHERE csrf_hash = ?1 AND expires_ms > ?2 AND NOT is_disabled
        """
    case byID = """
        SELECT session.id, user_id, session.created_ms, session.last_seen_ms, expires_ms,
            absolute_expires_ms, address, agent, token_hash, csrf_hash
        FROM session JOIN user ON user.id = user_id
        WHERE session.id = ?1 AND expires_ms > ?2 AND NOT is_disabled
        """
    case list = """
        SELECT id, user_id, created_ms, last_seen_ms, expires_ms, absolute_expires_ms, address,
            agent
        FROM session WHERE user_id = ?1 AND expires_ms > ?2 ORDER BY last_seen_ms DESC, id
        """
    case renew = "UPDATE session SET token_hash = ?2 WHERE id = ?1"
    case touch = "UPDATE session SET last_seen_ms = ?2, expires_ms = ?3 WHERE id = ?1"
    case delete = "DELETE FROM session WHERE id = ?1 AND user_id = ?2"
    case deleteAll = "DELETE FROM session WHERE user_id = ?1 AND id <> ?2"
    case purge = "DELETE FROM session WHERE expires_ms <= ?1"
}
