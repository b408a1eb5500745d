package import Domain
import SQLite

/// The variables of a device, sealed as a whole.
extension DeviceStore {
    /// `nil`: it has none.
    package func environment(of id: Device.ID) async throws(StoreError) -> [UInt8]? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [UInt8]? in
            try tx.one("The device", DeviceEnvironmentSQL.get, id) { (row: borrowing Row) in
                row.optionalBlob(0)
            }
        }
    }

    /// Raises its revision.
    /// - Parameter changes: the names that differ.
    package func setEnvironment(
        of id: Device.ID, to sealed: [UInt8]?, _ changes: AuditChanges, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            let device = try DeviceStore.get(id, in: tx)
            try tx.run(DeviceEnvironmentSQL.set, id, sealed)
            try tx.record(
                AuditEvent(
                    kind: "device.environment-changed", object: device.reference,
                    teamID: device.teamID, after: changes.after,
                    text: "Device “\(device.name)”: environment changed: "
                        + changes.names.joined(separator: ", ")), by: actor)
        }
    }
}

enum DeviceEnvironmentSQL: String, CaseIterable {
    case get = "SELECT environment FROM device WHERE id = ?1"
    case set = "UPDATE device SET environment = ?2, revision = revision + 1 WHERE id = ?1"
}
