import Domain
import HTTP
import Site
import Store

/// Asks, before somebody gives devices a target by hand, what a deployment would ask.
struct TargetFitness: Sendable {
    let stores: Stores
    let fitness: any RolloutFitness

    /// Devices that have not come in yet need nothing.
    /// - Throws: a conflict that says what is in the way.
    func require(
        _ target: Snapshot.ID, in application: Application.ID, groups: [DeviceGroup.ID] = [],
        devices: [Device.ID] = []
    ) async throws(Problem) {
        let (snapshot, candidates) = try await stored { () async throws(StoreError) in
            (
                try await stores.snapshots.get(target),
                try await stores.deployments.candidates(
                    in: application, groups: groups, devices: devices
                ).filter { $0.agent != nil }
            )
        }
        guard !candidates.isEmpty else { return }
        let obstacles = await fitness.obstacles(to: snapshot, on: candidates)
        guard obstacles.isEmpty else { throw Problem(RolloutFault.unfit(obstacles)) }
    }
}
