package import Domain
import Site
package import Store

/// Where nothing is known of what devices need.
package struct NoRolloutFitness: RolloutFitness {
    package init() {}
    package func obstacles(
        to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] { [] }
}
