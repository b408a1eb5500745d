package import Domain
package import Store

/// Says in one document what a device of ours shall be.
package protocol AgentDocuments: Sendable {
    /// - Parameter held: the snapshot that the device runs; what it lacks of a small change comes
    ///   along.
    func document(
        for wanted: DeviceStore.Wanted, held: Snapshot.ID?
    ) async throws -> DesiredDocument
}
