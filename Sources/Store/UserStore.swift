import Basics
package import Domain
import SQLite

/// Who can sign in.
package struct UserStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// What sign-in compares with.
    package struct Credential: Sendable {
        package let user: User
        /// `nil`: no password was ever set.
        package let passwordHash: String?
    }

    /// `nil` leaves a field as it is.
    package struct Change: Sendable {
        package var name: PersonName?
        /// An empty text takes the address away.
        package var email: String?
        package var language: Language?
        package var theme: Theme?
        package var isDisabled: Bool?
        package var isAdministrator: Bool?

        package init(
            name: PersonName? = nil, email: String? = nil, language: Language? = nil,
            theme: Theme? = nil, isDisabled: Bool? = nil, isAdministrator: Bool? = nil
        ) {
            self.name = name
            self.email = email
            self.language = language
            self.theme = theme
            self.isDisabled = isDisabled
            self.isAdministrator = isAdministrator
        }
    }

    package func get(_ id: User.ID) async throws(StoreError) -> User {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> User in
            try UserStore.get(id, in: tx)
        }
    }

    package func find(_ username: Username) async throws(StoreError) -> User? {
        try await credential(of: username)?.user
    }

    package func credential(of username: Username) async throws(StoreError) -> Credential? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Credential? in
            let id: User.ID? = try tx.first(UserSQL.byUsername, username) {
                (row: borrowing Row) throws(StoreError) in try row.id(0)
            }
            guard let id else { return nil }
            return Credential(
                user: try UserStore.get(id, in: tx),
                passwordHash: try UserStore.passwordHash(of: id, in: tx))
        }
    }

    package func passwordHash(of id: User.ID) async throws(StoreError) -> String? {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> String? in
            try UserStore.passwordHash(of: id, in: tx)
        }
    }

    /// By user name.
    package func list(
        _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<User> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<User> in
            let found = try tx.all(
                UserSQL.list, request.key(0), request.pattern, request.limit + 1,
                read: User.init(row:))
            let count = try tx.count(UserSQL.count, request.pattern)
            return Page(found: found, request: request, count: count) { [$0.username.text] }
        }
    }

    /// - Throws: `.conflict` if the user name is taken.
    package func insert(
        _ username: Username, name: PersonName, email: String? = nil, language: Language,
        passwordHash: String?, isAdministrator: Bool = false, by actor: Actor
    ) async throws(StoreError) -> User {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> User in
            let user = User(
                id: .random(), username: username, name: name, email: email, language: language,
                isAdministrator: isAdministrator, createdAt: tx.now)
            try UserStore.insert(user, passwordHash: passwordHash, in: tx)
            if isAdministrator { try GrantStore.put(user.id, .site, .administrator, in: tx) }
            var changes = AuditChanges()
            changes.compare("username", nil, username.text)
            changes.compare("administrator", nil, isAdministrator)
            try tx.record(.created(user.reference, changes), by: actor)
            return user
        }
    }

    /// A disabled user's sessions end at once.
    /// - Throws: `.conflict` for what would leave the site without an administrator.
    package func update(
        _ id: User.ID, _ change: Change, by actor: Actor
    ) async throws(StoreError) -> User {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> User in
            let old = try UserStore.get(id, in: tx)
            var user = old
            user.name = change.name ?? old.name
            user.email = change.email.map { $0.isEmpty ? nil : $0 } ?? old.email
            user.language = change.language ?? old.language
            user.theme = change.theme ?? old.theme
            user.isDisabled = change.isDisabled ?? old.isDisabled
            user.isAdministrator = change.isAdministrator ?? old.isAdministrator
            var changes = AuditChanges()
            changes.compare("name", old.name.text, user.name.text)
            changes.compare("email", old.email, user.email)
            changes.compare("language", old.language.rawValue, user.language.rawValue)
            changes.compare("theme", old.theme.rawValue, user.theme.rawValue)
            changes.compare("disabled", old.isDisabled, user.isDisabled)
            changes.compare("administrator", old.isAdministrator, user.isAdministrator)
            guard !changes.isEmpty else { return user }
            try tx.run(
                UserSQL.update, id, user.name, user.email, user.language.rawValue,
                user.theme.rawValue, user.isDisabled)
            if user.isAdministrator != old.isAdministrator {
                if user.isAdministrator {
                    try GrantStore.put(id, .site, .administrator, in: tx)
                } else {
                    try tx.run(GrantSQL.deleteAdministrator, id)
                }
            }
            if user.isDisabled { try tx.run(SessionSQL.deleteAll, id, "") }
            if user.isDisabled != old.isDisabled || user.isAdministrator != old.isAdministrator {
                tx.accessChanged()
            }
            try UserStore.requireAdministrator(in: tx)
            try tx.record(.changed(user.reference, changes), by: actor)
            return user
        }
    }

    /// All sessions of the user end, except `session`.
    package func setPassword(
        of id: User.ID, to hash: String, keeping session: Session.ID? = nil, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let user = try UserStore.get(id, in: tx)
            try tx.run(UserSQL.setPassword, id, hash)
            try tx.run(SessionSQL.deleteAll, id, session?.text ?? "")
            tx.accessChanged()
            var changes = AuditChanges()
            changes.secret("password")
            try tx.record(.changed(user.reference, changes), by: actor)
        }
    }

    /// With sessions, tokens and grants.
    /// - Throws: `.conflict` for the last administrator.
    package func delete(_ id: User.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let user = try UserStore.get(id, in: tx)
            try tx.run(UserSQL.delete, id)
            tx.accessChanged()
            try UserStore.requireAdministrator(in: tx)
            try tx.record(.removed(user.reference), by: actor)
        }
    }
}

/// Parts of a transaction.
extension UserStore {
    static func get(
        _ id: User.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> User {
        try tx.one("The user", UserSQL.get, id, read: User.init(row:))
    }

    static func passwordHash(
        of id: User.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> String? {
        try tx.one("The user", UserSQL.password, id) { (row: borrowing Row) in
            row.optionalText(0)
        }
    }

    static func insert(
        _ user: User, passwordHash: String?, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard try tx.count(UserSQL.usernameTaken, user.username) == 0 else {
            throw .conflict("The user name “\(user.username)” is taken: choose another.")
        }
        try tx.run(
            UserSQL.insert, user.id, user.username, user.name, user.email, user.language.rawValue,
            user.theme.rawValue, passwordHash, user.isDisabled, user.createdAt)
    }

    /// Called at the end of whatever may have taken the last one away.
    static func requireAdministrator(in tx: borrowing Transaction) throws(StoreError) {
        guard try tx.count(UserSQL.administrators) > 0 else {
            throw .conflict(
                "This is the last administrator of the site: make somebody else one first.")
        }
    }
}

extension User {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            id: try row.id(0), username: Username(stored: row.text(1)),
            name: PersonName(stored: row.text(2)), email: row.optionalText(3),
            language: try row.word(4), theme: try row.word(5), isAdministrator: row.bool(9),
            isDisabled: row.bool(6), createdAt: row.timestamp(7),
            lastSeenAt: row.optionalTimestamp(8))
    }
}

enum UserSQL: String, CaseIterable {
    case get = "SELECT * FROM user_row WHERE id = ?1"
    case byUsername = "SELECT id FROM user WHERE username = ?1"
    case password = "SELECT password_hash FROM user WHERE id = ?1"
    case list = """
        SELECT * FROM user_row
        WHERE (?1 IS NULL OR username > ?1)
            AND (?2 IS NULL OR username LIKE ?2 ESCAPE '\\' OR name LIKE ?2 ESCAPE '\\')
        ORDER BY username LIMIT ?3
        """
    case count = """
        SELECT count(*) FROM user
        WHERE ?1 IS NULL OR username LIKE ?1 ESCAPE '\\' OR name LIKE ?1 ESCAPE '\\'
        """
    case usernameTaken = "SELECT count(*) FROM user WHERE username = ?1"
    case insert = """
        INSERT INTO user (id, username, name, email, language, theme, password_hash, is_disabled,
            created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """
    case update = """
        UPDATE user SET name = ?2, email = ?3, language = ?4, theme = ?5, is_disabled = ?6
        WHERE id = ?1
        """
    case setPassword = "UPDATE user SET password_hash = ?2 WHERE id = ?1"
    case touch = "UPDATE user SET last_seen_ms = ?2 WHERE id = ?1"
    case delete = "DELETE FROM user WHERE id = ?1"
    case administrators = """
        SELECT count(*) FROM role_grant JOIN user ON user.id = user_id
        WHERE role = 'administrator' AND NOT is_disabled
        """
}
