package import Basics
package import Domain
import SQLite

/// Bearer token and broker password of each stock agent, as SHA-256.
package struct DeviceSecretStore: Sendable {
    package struct Secrets: Sendable, Equatable {
        package var tokenHash: [UInt8]
        /// Of the password at the broker.
        package var brokerHash: [UInt8]
        package var issuedAt: Timestamp
        package init(tokenHash: [UInt8], brokerHash: [UInt8], issuedAt: Timestamp) {
            self.tokenHash = tokenHash
            self.brokerHash = brokerHash
            self.issuedAt = issuedAt
        }
    }

    let database: Database
    let lockout: DeviceLockout

    package init(database: Database, lockout: DeviceLockout) {
        self.database = database
        self.lockout = lockout
    }

    /// Whose token this is.
    package func device(tokenHash: [UInt8]) async throws(StoreError) -> Device? {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Device? in
            let id: Device.ID? = try tx.first(DeviceSecretSQL.ofToken, tokenHash) {
                (row: borrowing Row) throws(StoreError) in try row.id(0)
            }
            guard let id, !lockout.contains(id) else { return nil }
            return try DeviceStore.get(id, in: tx)
        }
    }

    package func find(_ id: Device.ID) async throws(StoreError) -> Secrets? {
        if lockout.contains(id) { return nil }
        return try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Secrets? in
            try tx.first(DeviceSecretSQL.get, id) { (row: borrowing Row) in
                Secrets(
                    tokenHash: row.blob(1), brokerHash: row.blob(2), issuedAt: row.timestamp(3))
            }
        }
    }

    /// Of the whole site; for the broker at start.
    package func all() async throws(StoreError) -> [Device.ID: Secrets] {
        let found = try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [(Device.ID, Secrets)] in
            try tx.all(DeviceSecretSQL.all) { (row: borrowing Row) throws(StoreError) in
                (
                    try row.id(0),
                    Secrets(
                        tokenHash: row.blob(1), brokerHash: row.blob(2),
                        issuedAt: row.timestamp(3))
                )
            }
        }
        return Dictionary(found.filter { !lockout.contains($0.0) }) { _, last in last }
    }

    /// Those of before are worth nothing from then on. The caller writes the audit event.
    package static func put(
        _ id: Device.ID, tokenHash: [UInt8], brokerHash: [UInt8], in tx: borrowing Transaction
    ) throws(StoreError) {
        try tx.run(DeviceSecretSQL.put, id, tokenHash, brokerHash, tx.now)
        tx.accessChanged()
    }

    package static func delete(
        _ id: Device.ID, in tx: borrowing Transaction
    ) throws(StoreError) {
        try tx.run(DeviceSecretSQL.delete, id)
        tx.accessChanged()
    }
}

enum DeviceSecretSQL: String, CaseIterable {
    case ofToken = """
        SELECT device_id FROM device_secret JOIN device ON device.id = device_id
        WHERE token_hash = ?1 AND agent = 'stock'
        """
    case get = """
        SELECT device_id, token_hash, broker_hash, issued_ms FROM device_secret
        WHERE device_id = ?1
        """
    case all = "SELECT device_id, token_hash, broker_hash, issued_ms FROM device_secret"
    case put = """
        INSERT INTO device_secret (device_id, token_hash, broker_hash, issued_ms)
        VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (device_id) DO UPDATE SET token_hash = excluded.token_hash,
            broker_hash = excluded.broker_hash, issued_ms = excluded.issued_ms
        """
    case delete = "DELETE FROM device_secret WHERE device_id = ?1"
}
