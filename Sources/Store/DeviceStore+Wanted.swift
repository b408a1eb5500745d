package import Domain
import SQLite

/// What a device shall run, all levels taken together.
extension DeviceStore {
    package struct Wanted: Sendable, Equatable {
        package var device: Device
        /// Its own target, else that of its group; `nil` also where that belongs to an application
        /// which the device has left.
        package var snapshotID: Snapshot.ID?
        package init(device: Device, snapshotID: Snapshot.ID?) {
            self.device = device
            self.snapshotID = snapshotID
        }
    }

    package func wanted(_ id: Device.ID) async throws(StoreError) -> Wanted {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Wanted in
            let snapshot: Snapshot.ID? = try tx.first(DeviceWantedSQL.snapshot, id) {
                (row: borrowing Row) throws(StoreError) in try row.id(0)
            }
            return Wanted(device: try DeviceStore.get(id, in: tx), snapshotID: snapshot)
        }
    }
}

enum DeviceWantedSQL: String, CaseIterable {
    case snapshot = """
        SELECT snapshot.id FROM device
        LEFT JOIN device_group ON device_group.id = device.group_id
        JOIN snapshot ON snapshot.application_id = device.application_id AND snapshot.id =
            coalesce(device.target_snapshot_id, device_group.target_snapshot_id)
        WHERE device.id = ?1
        """
}
