package import Basics
package import Domain
import SQLite

/// Links with which people make their own account. Of their secrets only SHA-256 is kept.
package struct InvitationStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// - Throws: `.conflict` if the user name is taken already.
    package func insert(
        username: Username?, offers: [Invitation.Offer], secretHash: [UInt8],
        expiresAt: Timestamp, by actor: Actor
    ) async throws(StoreError) -> Invitation {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Invitation in
            if let username, try tx.count(UserSQL.usernameTaken, username) > 0 {
                throw .conflict("The user name “\(username)” is taken: choose another.")
            }
            let invitation = Invitation(
                id: .random(), username: username, offers: offers, createdBy: actor.name,
                createdAt: tx.now, expiresAt: expiresAt)
            try tx.run(
                InvitationSQL.insert, invitation.id, secretHash, username, actor.name, tx.now,
                expiresAt)
            var changes = AuditChanges()
            for offer in offers {
                let columns = ScopeColumns(offer.scope)
                try tx.run(
                    InvitationSQL.offer, invitation.id, columns.organization, columns.team,
                    columns.application, offer.role.rawValue)
                changes.compare(
                    "\(offer.scope.kind) \(offer.scope.id ?? "")", nil, offer.role.rawValue)
            }
            try tx.record(.created(invitation.reference, changes), by: actor)
            return invitation
        }
    }

    /// `nil` if it is unknown, used or over.
    package func find(secretHash: [UInt8]) async throws(StoreError) -> Invitation? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Invitation? in
            try InvitationStore.find(secretHash, now: tx.now, in: tx)
        }
    }

    /// Those that can still be used, the newest first.
    package func list() async throws(StoreError) -> [Invitation] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Invitation] in
            let found = try tx.all(InvitationSQL.list, tx.now, read: Invitation.init(row:))
            var complete: [Invitation] = []
            for invitation in found {
                complete.append(try InvitationStore.withOffers(invitation, in: tx))
            }
            return complete
        }
    }

    package func delete(_ id: Invitation.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let invitation = try tx.one(
                "The invitation", InvitationSQL.get, id, read: Invitation.init(row:))
            try tx.run(InvitationSQL.delete, id)
            try tx.record(.removed(invitation.reference), by: actor)
        }
    }

    /// Makes the account and uses the invitation up, in one transaction: of two that come at once
    /// one gets `.notFound`.
    package func accept(
        secretHash: [UInt8], username: Username, name: PersonName, language: Language,
        passwordHash: String, address: String?
    ) async throws(StoreError) -> User {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> User in
            guard let invitation = try InvitationStore.find(secretHash, now: tx.now, in: tx)
            else { throw .notFound("The invitation") }
            if let fixed = invitation.username, fixed != username {
                throw .conflict("This invitation is for the user name “\(fixed)”.")
            }
            var user = User(
                id: .random(), username: username, name: name, language: language,
                createdAt: tx.now)
            try UserStore.insert(user, passwordHash: passwordHash, in: tx)
            var changes = AuditChanges()
            changes.compare("invitedBy", nil, invitation.createdBy)
            for offer in invitation.offers {
                try GrantStore.put(user.id, offer.scope, offer.role, in: tx)
                changes.compare(
                    "\(offer.scope.kind) \(offer.scope.id ?? "")", nil, offer.role.rawValue)
                if offer.role == .administrator { user.isAdministrator = true }
            }
            try tx.run(InvitationSQL.delete, invitation.id)
            try tx.record(
                .created(user.reference, changes),
                by: .user(user.id, name: username.text, address: address))
            return user
        }
    }

    /// Forgets those that are over.
    package func purge() async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(InvitationSQL.purge, tx.now)
        }
    }

    private static func find(
        _ secretHash: [UInt8], now: Timestamp, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Invitation? {
        let found = try tx.first(InvitationSQL.find, secretHash, now, read: Invitation.init(row:))
        guard let found else { return nil }
        return try withOffers(found, in: tx)
    }

    private static func withOffers(
        _ invitation: Invitation, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Invitation {
        var invitation = invitation
        invitation.offers = try tx.all(InvitationSQL.offers, invitation.id) {
            (row: borrowing Row) throws(StoreError) -> Invitation.Offer in
            guard let offer = Invitation.Offer(scope: try row.scope(0), role: try row.word(3))
            else { throw .corrupt }
            return offer
        }
        return invitation
    }
}

extension Invitation {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), username: row.optionalText(1).map(Username.init(stored:)),
            offers: [], createdBy: row.text(2), createdAt: row.timestamp(3),
            expiresAt: row.timestamp(4))
    }
}

enum InvitationSQL: String, CaseIterable {
    case insert = """
        INSERT INTO invitation (id, secret_hash, username, created_by, created_ms, expires_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """
    case offer = """
        INSERT INTO invitation_offer (invitation_id, organization_id, team_id, application_id, role)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
    case get = """
        SELECT id, username, created_by, created_ms, expires_ms FROM invitation WHERE id = ?1
        """
    case find = """
        SELECT id, username, created_by, created_ms, expires_ms FROM invitation
        WHERE secret_hash = ?1 AND expires_ms > ?2
        """
    case list = """
        SELECT id, username, created_by, created_ms, expires_ms FROM invitation
        WHERE expires_ms > ?1 ORDER BY created_ms DESC, id
        """
    case offers = """
        SELECT organization_id, team_id, application_id, role FROM invitation_offer
        WHERE invitation_id = ?1
        """
    case delete = "DELETE FROM invitation WHERE id = ?1"
    case purge = "DELETE FROM invitation WHERE expires_ms <= ?1"
}
