package import Basics
package import Domain
import SQLite

/// What lets devices in.
package struct EnrolmentTokenStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package struct Draft: Sendable {
        package var id: EnrolmentToken.ID
        package var kind: EnrolmentToken.Kind
        package var name: Name<EnrolmentToken>
        package var team: Team.ID
        package var application: Application.ID?
        package var group: DeviceGroup.ID?
        package var device: Device.ID?
        /// The keys that check a proof, sealed.
        package var secret: [UInt8]?
        /// Of what is presented itself.
        package var secretHash: [UInt8]?
        package var uses: Int
        package var isConfirmed: Bool
        package var expectation: EnrolmentToken.Expectation
        package var life: Duration?

        package init(
            id: EnrolmentToken.ID = .random(), kind: EnrolmentToken.Kind,
            name: Name<EnrolmentToken>, team: Team.ID, application: Application.ID? = nil,
            group: DeviceGroup.ID? = nil, device: Device.ID? = nil, secret: [UInt8]? = nil,
            secretHash: [UInt8]? = nil, uses: Int = 1, isConfirmed: Bool = false,
            expectation: EnrolmentToken.Expectation = .init(), life: Duration? = nil
        ) {
            self.id = id
            self.kind = kind
            self.name = name
            self.team = team
            self.application = application
            self.group = group
            self.device = device
            self.secret = secret
            self.secretHash = secretHash
            self.uses = uses
            self.isConfirmed = isConfirmed
            self.expectation = expectation
            self.life = life
        }
    }

    package func get(_ id: EnrolmentToken.ID) async throws(StoreError) -> EnrolmentToken {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> EnrolmentToken in
            try EnrolmentTokenStore.get(id, in: tx)
        }
    }

    /// With the sealed keys; `nil` if there is no such token.
    package func find(
        _ id: EnrolmentToken.ID
    ) async throws(StoreError) -> (token: EnrolmentToken, secret: [UInt8])? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> (EnrolmentToken, [UInt8])? in
            try tx.first(EnrolmentTokenSQL.get, id) { (row: borrowing Row) throws(StoreError) in
                (try EnrolmentToken(row: row), row.blob(17))
            }
        }
    }

    /// By what is presented itself.
    package func find(
        secretHash: [UInt8]
    ) async throws(StoreError) -> (token: EnrolmentToken, secret: [UInt8])? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> (EnrolmentToken, [UInt8])? in
            try tx.first(EnrolmentTokenSQL.find, secretHash) {
                (row: borrowing Row) throws(StoreError) in
                (try EnrolmentToken(row: row), row.blob(17))
            }
        }
    }

    /// The newest first.
    package func list(
        of team: Team.ID?, _ request: PageRequest = PageRequest(),
        visible: DeviceStore.Filter.Visible? = nil
    ) async throws(StoreError) -> Page<EnrolmentToken> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<EnrolmentToken> in
            let teams = visible?.teams.map(\.text).jsonText
            let applications = visible?.applications.map(\.text).jsonText
            let found = try tx.all(
                EnrolmentTokenSQL.list, request.number(0), request.key(1), team,
                request.pattern, teams, applications, request.limit + 1,
                read: EnrolmentToken.init(row:))
            let count = try tx.count(
                EnrolmentTokenSQL.count, team, request.pattern, teams, applications)
            return Page(found: found, request: request, count: count) {
                [String($0.createdAt.milliseconds), $0.id.text]
            }
        }
    }

    /// - Throws: `.notFound` for what it names.
    package func insert(_ draft: Draft, by actor: Actor) async throws(StoreError) -> EnrolmentToken
    {
        try await insert([draft], by: actor)[0]
    }

    /// All or none.
    package func insert(
        _ drafts: [Draft], by actor: Actor
    ) async throws(StoreError) -> [EnrolmentToken] {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> [EnrolmentToken] in
            var tokens: [EnrolmentToken] = []
            for draft in drafts {
                if let device = draft.device {
                    try EnrolmentTokenStore.withdrawOlder(of: device, by: actor, in: tx)
                }
                let expect = draft.expectation
                try tx.run(
                    EnrolmentTokenSQL.insert, draft.id, draft.kind.rawValue, draft.name,
                    draft.team, draft.application, draft.group, draft.device, draft.secret,
                    draft.secretHash, draft.uses, draft.isConfirmed,
                    expect.isEmpty ? nil : String(decoding: expect.json, as: UTF8.self), tx.now,
                    actor.name, draft.life.map { tx.now + $0 })
                let token = try EnrolmentTokenStore.get(draft.id, in: tx)
                var changes = AuditChanges()
                changes.compare("kind", nil, token.kind.rawValue)
                changes.compare("uses", nil, token.usesMost)
                changes.compare("expiresAt", nil, token.expiresAt?.rfc3339)
                changes.compare("device", nil, token.deviceID?.text)
                try tx.record(.created(token.reference, team: token.teamID, changes), by: actor)
                tokens.append(token)
            }
            return tokens
        }
    }

    /// It lets nobody in any more; who came in stays.
    package func revoke(_ id: EnrolmentToken.ID, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let token = try EnrolmentTokenStore.get(id, in: tx)
            guard token.revokedAt == nil else { return }
            try EnrolmentTokenStore.revoke(token, by: actor, in: tx)
        }
    }

    /// Of tokens that let nobody in any more and last did before the moment; who used one may ask
    /// again until then. The tokens themselves stay in the list.
    package func forgetSecrets(before moment: Timestamp) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(EnrolmentTokenSQL.forgetSecrets, moment)
        }
    }

    private static func revoke(
        _ token: EnrolmentToken, by actor: Actor, in tx: borrowing Transaction
    ) throws(StoreError) {
        try tx.run(EnrolmentTokenSQL.revoke, token.id, tx.now)
        try tx.record(
            AuditEvent(
                kind: "enrolment-token.revoked", object: token.reference,
                teamID: token.teamID, text: "Enrolment token “\(token.name)” withdrawn"),
            by: actor)
    }

    /// Of two sticks for one device the older may be lost: only the newest opens the door.
    private static func withdrawOlder(
        of device: Device.ID, by actor: Actor, in tx: borrowing Transaction
    ) throws(StoreError) {
        let open = try tx.all(EnrolmentTokenSQL.open, device, read: EnrolmentToken.init(row:))
        for token in open { try revoke(token, by: actor, in: tx) }
    }

    static func get(
        _ id: EnrolmentToken.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> EnrolmentToken {
        try tx.one(
            "The enrolment token", EnrolmentTokenSQL.get, id, read: EnrolmentToken.init(row:))
    }

    /// Takes one use. Whoever comes when there is none left, or too late, gets the refusal.
    static func burn(
        _ id: EnrolmentToken.ID, in tx: borrowing Transaction
    ) throws(StoreError) -> EnrolmentRefusal? {
        guard let token = try tx.first(EnrolmentTokenSQL.get, id, read: EnrolmentToken.init(row:))
        else { return .unknown }
        if let refusal = token.refusal(at: tx.now) { return refusal }
        guard try tx.run(EnrolmentTokenSQL.burn, id) == 1 else { return .used }
        return nil
    }
}

extension EnrolmentToken.Expectation: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("serial", serial)
            json.field("mac", mac)
        }
    }
}

extension EnrolmentToken {
    init(row: borrowing Row) throws(StoreError) {
        var expectation = Expectation()
        if let text = row.optionalText(12) {
            guard let object = try? JSONReader.read(Array(text.utf8)).object else { throw .corrupt }
            expectation = Expectation(
                serial: object["serial"]?.string, mac: object["mac"]?.string)
        }
        self.init(
            id: try row.id(0), kind: try row.word(1), name: Name(stored: row.text(2)),
            organizationID: try row.id(3), teamID: try row.id(4),
            applicationID: try row.optionalID(5), groupID: try row.optionalID(6),
            deviceID: try row.optionalID(7), usesLeft: row.int(9), usesMost: row.int(10),
            isConfirmed: row.bool(11), expectation: expectation, createdAt: row.timestamp(13),
            createdBy: row.text(14), expiresAt: row.optionalTimestamp(15),
            revokedAt: row.optionalTimestamp(16))
    }
}

enum EnrolmentTokenSQL: String, CaseIterable {
    case get = """
        SELECT enrolment_token.id, kind, enrolment_token.name, organization_id, team_id,
            application_id, group_id, device_id, secret_hash, uses_left, uses_most, is_confirmed,
            expect, enrolment_token.created_ms, created_by, expires_ms, revoked_ms, secret
        FROM enrolment_token JOIN team ON team.id = team_id WHERE enrolment_token.id = ?1
        """
    case open = """
        SELECT enrolment_token.id, kind, enrolment_token.name, organization_id, team_id,
            application_id, group_id, device_id, secret_hash, uses_left, uses_most, is_confirmed,
            expect, enrolment_token.created_ms, created_by, expires_ms, revoked_ms, secret
        FROM enrolment_token JOIN team ON team.id = team_id WHERE device_id = ?1 AND revoked_ms IS NULL AND uses_left > 0
        """
    case find = """
        SELECT enrolment_token.id, kind, enrolment_token.name, organization_id, team_id,
            application_id, group_id, device_id, secret_hash, uses_left, uses_most, is_confirmed,
            expect, enrolment_token.created_ms, created_by, expires_ms, revoked_ms, secret
        FROM enrolment_token JOIN team ON team.id = team_id WHERE secret_hash = ?1
        """
    case list = """
        SELECT enrolment_token.id, kind, enrolment_token.name, organization_id, team_id,
            application_id, group_id, device_id, secret_hash, uses_left, uses_most, is_confirmed,
            expect, enrolment_token.created_ms, created_by, expires_ms, revoked_ms
        FROM enrolment_token JOIN team ON team.id = team_id
        WHERE (?1 IS NULL OR (enrolment_token.created_ms, enrolment_token.id) < (?1, ?2))
            AND (?3 IS NULL OR team_id = ?3)
            AND (?4 IS NULL OR enrolment_token.name LIKE ?4 ESCAPE '\\')
            AND (?5 IS NULL OR team_id IN (SELECT value FROM json_each(?5))
                OR application_id IN (SELECT value FROM json_each(?6)))
        ORDER BY enrolment_token.created_ms DESC, enrolment_token.id DESC LIMIT ?7
        """
    case count = """
        SELECT count(*) FROM enrolment_token
        WHERE (?1 IS NULL OR team_id = ?1)
            AND (?2 IS NULL OR enrolment_token.name LIKE ?2 ESCAPE '\\')
            AND (?3 IS NULL OR team_id IN (SELECT value FROM json_each(?3))
                OR application_id IN (SELECT value FROM json_each(?4)))
        """
    case insert = """
        INSERT INTO enrolment_token (id, kind, name, team_id, application_id, group_id, device_id,
            secret, secret_hash, uses_left, uses_most, is_confirmed, expect, created_ms,
            created_by, expires_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12, ?13, ?14, ?15)
        """
    case burn = """
        UPDATE enrolment_token SET uses_left = uses_left - 1
        WHERE id = ?1 AND uses_left > 0 AND revoked_ms IS NULL
        """
    case forgetSecrets = """
        UPDATE enrolment_token SET secret = NULL
        WHERE secret IS NOT NULL AND (uses_left = 0 OR expires_ms < ?1) AND created_ms < ?1
            AND coalesce((SELECT max(coalesce(decided_ms, created_ms)) FROM enrolment
                WHERE token_id = enrolment_token.id), 0) < ?1
        """
    case revoke = "UPDATE enrolment_token SET revoked_ms = ?2, secret = NULL WHERE id = ?1"
}
