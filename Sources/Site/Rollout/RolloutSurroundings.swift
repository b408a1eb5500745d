package import Domain
package import Store

/// What a roll-out needs of the fleet.
package protocol RolloutFleet: Sendable {
    /// What those devices shall be has changed: tell the ones that are there.
    func desiredChanged(_ devices: [Device.ID]) async
    /// How they stand now. Devices that nobody ever heard of may be left out.
    func standings(of devices: [Device.ID]) async -> [DeviceStanding]
}

/// Whether devices could run a snapshot at all; asked before anything is touched.
package protocol RolloutFitness: Sendable {
    /// Sentences that say what stands in the way; none if nothing does.
    func obstacles(
        to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String]

    /// Sentences on what may go wrong and cannot be known here; they stand in nobody's way.
    func warnings(
        about snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String]
}

extension RolloutFitness {
    package func warnings(
        about snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] { [] }
}

/// Where a deployment that needs somebody is shown.
package protocol RolloutAlarms: Sendable {
    func raise(_ text: String, on deployment: Deployment) async
    func clear(on deployment: Deployment) async
}

package enum RolloutFault: Error, Sendable, Equatable {
    case store(StoreError)
    /// What the devices could not run, as sentences.
    case unfit([String])
    case refused(String)
}
