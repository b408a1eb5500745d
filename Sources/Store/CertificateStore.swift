package import Basics
package import Domain
import SQLite

/// Certificates of devices: which are good is decided here, and by nobody's clock.
package struct CertificateStore: Sendable {
    let database: Database
    let lockout: DeviceLockout

    package init(database: Database, lockout: DeviceLockout) {
        self.database = database
        self.lockout = lockout
    }

    /// A certificate that is good, and whose.
    package struct Live: Sendable, Equatable {
        package var serial: String
        package var device: Device.ID
        package var team: Team.ID
        /// It was used at least once.
        package var isSeen: Bool
    }

    package struct Revoked: Sendable, Equatable {
        package var serial: String
        package var at: Timestamp
        package var reason: DeviceCertificate.Reason
    }

    /// All of the site; for the index that answers on the event loops.
    package func live() async throws(StoreError) -> [Live] {
        let found = try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Live] in
            try tx.all(CertificateSQL.live) { (row: borrowing Row) throws(StoreError) in
                Live(
                    serial: row.text(0), device: try row.id(1), team: try row.id(2),
                    isSeen: !row.isNull(3))
            }
        }
        return found.filter { !lockout.contains($0.device) }
    }

    package func liveCount() async throws(StoreError) -> Int {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> Int in
            try tx.count(CertificateSQL.liveCount)
        }
    }

    /// `nil` if no such serial number was ever given out.
    package func find(serial: String) async throws(StoreError) -> DeviceCertificate? {
        let found = try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> DeviceCertificate? in
            try CertificateStore.find(serial: serial, in: tx)
        }
        return found.map(asLockedOut)
    }

    /// The newest first.
    package func list(of device: Device.ID) async throws(StoreError) -> [DeviceCertificate] {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [DeviceCertificate] in
            try tx.all(CertificateSQL.list, device, read: DeviceCertificate.init(row:))
        }.map(asLockedOut)
    }

    /// Revoked, though its row does not say so yet.
    private func asLockedOut(_ certificate: DeviceCertificate) -> DeviceCertificate {
        guard let id = certificate.deviceID, lockout.contains(id), certificate.revokedAt == nil
        else { return certificate }
        var certificate = certificate
        certificate.revokedAt = .now()
        certificate.reason = .revoked
        return certificate
    }

    /// Every certificate that is no longer good, those of removed devices included, which are noted
    /// as such here.
    package func revocations() async throws(StoreError) -> [Revoked] {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> [Revoked] in
            try tx.run(
                CertificateSQL.revokeOrphans, tx.now, DeviceCertificate.Reason.removed.rawValue)
            return try tx.all(CertificateSQL.revocations) {
                (row: borrowing Row) throws(StoreError) in
                Revoked(
                    serial: row.text(0), at: row.timestamp(1),
                    reason: DeviceCertificate.Reason(rawValue: row.text(2)) ?? .revoked)
            }
        }
    }

    /// Takes all certificates of a device away.
    /// - Returns: their serial numbers.
    package func revoke(
        of id: Device.ID, reason: DeviceCertificate.Reason, by actor: Actor
    ) async throws(StoreError) -> [String] {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> [String] in
            try CertificateStore.revoke(of: id, reason: reason, by: actor, in: tx)
        }
    }

    /// It was used for the first time: those that the device had before are not good any more.
    /// - Returns: their serial numbers; none where it was seen before.
    package func see(_ serial: String) async throws(StoreError) -> [String] {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> [String] in
            guard try tx.run(CertificateSQL.see, serial, tx.now) == 1,
                let certificate = try CertificateStore.find(serial: serial, in: tx),
                let id = certificate.deviceID
            else { return [] }
            let superseded = try tx.all(
                CertificateSQL.supersede, id, serial, tx.now,
                DeviceCertificate.Reason.superseded.rawValue
            ) { (row: borrowing Row) throws(StoreError) in row.text(0) }
            if !superseded.isEmpty { tx.accessChanged() }
            return superseded
        }
    }
}

/// Parts of a transaction.
extension CertificateStore {
    /// With the audit event. The device must be there.
    package static func insert(
        _ certificate: DeviceCertificate, by actor: Actor, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard let id = certificate.deviceID else { throw .notFound("The device") }
        let device = try DeviceStore.get(id, in: tx)
        try tx.run(
            CertificateSQL.insert, certificate.serial, id, certificate.keyDigest, certificate.pem,
            tx.now, certificate.notAfter)
        var changes = AuditChanges()
        changes.compare("serial", nil, certificate.serial)
        changes.compare("key", nil, certificate.keyDigest)
        try tx.record(
            AuditEvent(
                kind: "certificate.issued", object: device.reference, teamID: device.teamID,
                after: changes.after, text: "Certificate for device “\(device.name)” issued"),
            by: actor)
    }

    /// With the audit event, where there was one to take away.
    package static func revoke(
        of id: Device.ID, reason: DeviceCertificate.Reason, by actor: Actor,
        in tx: borrowing Transaction
    ) throws(StoreError) -> [String] {
        let device = try DeviceStore.get(id, in: tx)
        let serials = try tx.all(CertificateSQL.revoke, id, tx.now, reason.rawValue) {
            (row: borrowing Row) throws(StoreError) in row.text(0)
        }
        guard !serials.isEmpty else { return [] }
        tx.accessChanged()
        var changes = AuditChanges()
        changes.compare("serials", nil, serials.joined(separator: " "))
        changes.compare("reason", nil, reason.rawValue)
        try tx.record(
            AuditEvent(
                kind: "certificate.revoked", object: device.reference, teamID: device.teamID,
                after: changes.after, text: "Certificates of device “\(device.name)” revoked"),
            by: actor)
        return serials
    }

    package static func find(
        serial: String, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> DeviceCertificate? {
        try tx.first(CertificateSQL.find, serial, read: DeviceCertificate.init(row:))
    }
}

extension DeviceCertificate {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            serial: row.text(0), deviceID: try row.optionalID(1), keyDigest: row.text(2),
            pem: row.text(3), issuedAt: row.timestamp(4), notAfter: row.timestamp(5),
            firstSeenAt: row.optionalTimestamp(6), revokedAt: row.optionalTimestamp(7),
            reason: row.isNull(8) ? nil : Reason(rawValue: row.text(8)) ?? .revoked)
    }
}

enum CertificateSQL: String, CaseIterable {
    case live = """
        SELECT serial, device.id, team_id, first_seen_ms
        FROM device_certificate JOIN device ON device.id = device_id WHERE revoked_ms IS NULL
        """
    case liveCount = """
        SELECT count(*) FROM device_certificate WHERE revoked_ms IS NULL AND device_id IS NOT NULL
        """
    case find = """
        SELECT serial, device_id, key_digest, pem, issued_ms, not_after_ms, first_seen_ms,
            revoked_ms, reason
        FROM device_certificate WHERE serial = ?1
        """
    case list = """
        SELECT serial, device_id, key_digest, pem, issued_ms, not_after_ms, first_seen_ms,
            revoked_ms, reason
        FROM device_certificate WHERE device_id = ?1 ORDER BY issued_ms DESC, serial
        """
    case revocations = """
        SELECT serial, revoked_ms, reason FROM device_certificate WHERE revoked_ms IS NOT NULL
        ORDER BY revoked_ms, serial
        """
    case revokeOrphans = """
        UPDATE device_certificate SET revoked_ms = ?1, reason = ?2
        WHERE device_id IS NULL AND revoked_ms IS NULL
        """
    case insert = """
        INSERT INTO device_certificate
            (serial, device_id, key_digest, pem, issued_ms, not_after_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """
    case revoke = """
        UPDATE device_certificate SET revoked_ms = ?2, reason = ?3
        WHERE device_id = ?1 AND revoked_ms IS NULL RETURNING serial
        """
    case see = """
        UPDATE device_certificate SET first_seen_ms = ?2
        WHERE serial = ?1 AND first_seen_ms IS NULL AND revoked_ms IS NULL
        """
    case supersede = """
        UPDATE device_certificate SET revoked_ms = ?3, reason = ?4
        WHERE device_id = ?1 AND serial <> ?2 AND revoked_ms IS NULL
            AND rowid < (SELECT rowid FROM device_certificate WHERE serial = ?2)
        RETURNING serial
        """
}
