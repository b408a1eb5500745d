package import Basics
package import Domain
import SQLite

/// What stands beside a device in lists.
package struct DeviceSurroundings: Sendable, Equatable {
    package struct SnapshotName: Sendable, Equatable {
        package let id: Snapshot.ID
        package let name: String
        package init(id: Snapshot.ID, name: String) {
            self.id = id
            self.name = name
        }
    }

    package struct CertificateFacts: Sendable, Equatable {
        package let serial: String
        package let notAfter: Timestamp
        package let revokedAt: Timestamp?
        package init(serial: String, notAfter: Timestamp, revokedAt: Timestamp?) {
            self.serial = serial
            self.notAfter = notAfter
            self.revokedAt = revokedAt
        }
    }

    /// Its own, else that of its group.
    package var target: SnapshotName?
    /// The newest.
    package var certificate: CertificateFacts?

    package init(target: SnapshotName? = nil, certificate: CertificateFacts? = nil) {
        self.target = target
        self.certificate = certificate
    }
}

extension DeviceStore {
    package func surroundings(
        of ids: [Device.ID]
    ) async throws(StoreError) -> [Device.ID: DeviceSurroundings] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError)
                -> [Device.ID: DeviceSurroundings] in
            var found: [Device.ID: DeviceSurroundings] = [:]
            let rows = try tx.all(
                DeviceSurroundingsSQL.list, ids.map(\.text).jsonText
            ) { (row: borrowing Row) throws(StoreError) -> (Device.ID, DeviceSurroundings) in
                var one = DeviceSurroundings()
                if let id: Snapshot.ID = try row.optionalID(1) {
                    one.target = .init(id: id, name: row.text(2))
                }
                if let serial = row.optionalText(3) {
                    one.certificate = .init(
                        serial: serial, notAfter: row.timestamp(4),
                        revokedAt: row.optionalTimestamp(5))
                }
                return (try row.id(0), one)
            }
            for (id, one) in rows { found[id] = one }
            return found
        }
    }

    /// Those that are gone are left out.
    package func names(
        of snapshots: [Snapshot.ID]
    ) async throws(StoreError) -> [Snapshot.ID: String] {
        guard !snapshots.isEmpty else { return [:] }
        return try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Snapshot.ID: String] in
            var names: [Snapshot.ID: String] = [:]
            let rows = try tx.all(
                DeviceSurroundingsSQL.names, snapshots.map(\.text).jsonText
            ) { (row: borrowing Row) throws(StoreError) -> (Snapshot.ID, String) in
                (try row.id(0), row.text(1))
            }
            for (id, name) in rows { names[id] = name }
            return names
        }
    }
}

enum DeviceSurroundingsSQL: String, CaseIterable {
    case list = """
        SELECT device.id, snapshot.id, snapshot.name, serial, not_after_ms, revoked_ms
        FROM json_each(?1) AS wanted JOIN device ON device.id = wanted.value
        LEFT JOIN device_group ON device_group.id = device.group_id
        LEFT JOIN snapshot ON snapshot.id =
            coalesce(device.target_snapshot_id, device_group.target_snapshot_id)
        LEFT JOIN device_certificate ON serial = (
            SELECT serial FROM device_certificate WHERE device_id = device.id
            ORDER BY issued_ms DESC, serial LIMIT 1)
        """
    case names = "SELECT id, name FROM snapshot WHERE id IN (SELECT value FROM json_each(?1))"
}
