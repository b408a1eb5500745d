import Basics
package import Domain
import SQLite

/// What holds for the whole site, and the one-time setup that fills an empty appliance.
package struct SettingStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    enum Key: String {
        case name = "site.name"
        case language = "site.language"
        case timeZone = "site.time-zone"
        case setupCode = "setup.code-hash"
    }

    /// `nil` before setup.
    package func site() async throws(StoreError) -> SiteSettings? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> SiteSettings? in
            try SettingStore.site(in: tx)
        }
    }

    package func update(_ site: SiteSettings, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            var changes = AuditChanges()
            let old = try SettingStore.site(in: tx)
            changes.compare("name", old?.name.text, site.name.text)
            changes.compare("language", old?.language.rawValue, site.language.rawValue)
            changes.compare("timeZone", old?.timeZone.text, site.timeZone.text)
            try SettingStore.put(site, in: tx)
            if !changes.isEmpty { try tx.record(.changed(.site, changes), by: actor) }
        }
    }

    /// A value of another part of the program, kept for it as text.
    package func value(_ key: String) async throws(StoreError) -> String? {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> String? in
            try tx.first(SettingSQL.get, key) { (row: borrowing Row) in row.text(0) }
        }
    }

    package func setValue(_ key: String, to value: String) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(SettingSQL.put, key, value)
        }
    }

    /// Values that somebody changed, with what is written down about it.
    package func setValues(
        _ values: [(key: String, value: String)], _ event: AuditEvent, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            for (key, value) in values { try tx.run(SettingSQL.put, key, value) }
            try tx.record(event, by: actor)
        }
    }

    static func site(
        in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> SiteSettings? {
        func value(_ key: Key) throws(StoreError) -> String? {
            try tx.first(SettingSQL.get, key.rawValue) { (row: borrowing Row) in row.text(0) }
        }
        guard let name = try value(.name) else { return nil }
        return SiteSettings(
            name: Name(stored: name),
            language: try value(.language).flatMap(Language.init(rawValue:)) ?? .english,
            timeZone: TimeZoneName(stored: try value(.timeZone) ?? "UTC"))
    }

    static func put(_ site: SiteSettings, in tx: borrowing Transaction) throws(StoreError) {
        try tx.run(SettingSQL.put, Key.name.rawValue, site.name)
        try tx.run(SettingSQL.put, Key.language.rawValue, site.language.rawValue)
        try tx.run(SettingSQL.put, Key.timeZone.rawValue, site.timeZone)
    }
}

/// First run.
extension SettingStore {
    package struct Setup: Sendable {
        package var username: Username
        package var passwordHash: String
        package var site: SiteSettings

        package init(username: Username, passwordHash: String, site: SiteSettings) {
            self.username = username
            self.passwordHash = passwordHash
            self.site = site
        }
    }

    /// Done once there is a user.
    package func isSetUp() async throws(StoreError) -> Bool {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Bool in
            try tx.count(SettingSQL.anyUser) > 0
        }
    }

    /// SHA-256 of the code that opens the first-run wizard; `nil` where none was made.
    package func setupCodeHash() async throws(StoreError) -> [UInt8]? {
        try await value(Key.setupCode.rawValue).flatMap(Hex.decode)
    }

    package func setSetupCodeHash(_ hash: [UInt8]) async throws(StoreError) {
        try await setValue(Key.setupCode.rawValue, to: Hex.encode(hash))
    }

    /// The administrator, the site, and one of each level of the tree, all at once.
    /// - Throws: `.conflict` if it was done before, by somebody else a moment ago included.
    package func setUp(_ setup: Setup, by actor: Actor) async throws(StoreError) -> User {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> User in
            guard try tx.count(SettingSQL.anyUser) == 0 else {
                throw .conflict("The site is set up already: sign in.")
            }
            let user = User(
                id: .random(), username: setup.username,
                name: PersonName(stored: setup.username.text), language: setup.site.language,
                isAdministrator: true, createdAt: tx.now)
            try SettingStore.put(setup.site, in: tx)
            try tx.run(SettingSQL.delete, Key.setupCode.rawValue)
            try UserStore.insert(user, passwordHash: setup.passwordHash, in: tx)
            try GrantStore.put(user.id, .site, .administrator, in: tx)
            let organization = Organization.ID.random()
            let name = setup.site.name.text
            try tx.run(TeamSQL.insertOrganization, organization, name, tx.now)
            let team = Team(
                id: .random(), organizationID: organization, name: Name(stored: name),
                slug: Slug.suggested(for: name), createdAt: tx.now)
            try TeamStore.insert(team, in: tx)
            let general = setup.site.language == .german ? "Allgemein" : "General"
            try ApplicationStore.insert(
                Application(
                    id: .random(), teamID: team.id, name: Name(stored: general),
                    description: .empty, createdAt: tx.now), in: tx)
            var changes = AuditChanges()
            changes.compare("name", nil, name)
            changes.compare("administrator", nil, user.username.text)
            try tx.record(
                AuditEvent(
                    kind: "site.set-up", object: .site, after: changes.after,
                    text: "Site “\(name)” set up"), by: actor)
            return user
        }
    }
}

enum SettingSQL: String, CaseIterable {
    case get = "SELECT value FROM setting WHERE key = ?1"
    case put = """
        INSERT INTO setting (key, value) VALUES (?1, ?2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value
        """
    case delete = "DELETE FROM setting WHERE key = ?1"
    case anyUser = "SELECT count(*) FROM (SELECT 1 FROM user LIMIT 1)"
}
