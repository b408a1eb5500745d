import Site
import Store

/// What brings snapshots to devices.
struct Rollout: Sendable {
    let fleet: any RolloutFleet
    let zones: ZoneBook
    let service: RolloutService

    init(
        stores: Stores, fleet: any RolloutFleet, manifests: SnapshotManifests, vault: Vault,
        bus: EventBus
    ) {
        self.fleet = fleet
        zones = ZoneBook()
        service = RolloutService(
            stores: stores, fleet: fleet,
            fitness: ManifestRolloutFitness(manifests: manifests, vault: vault),
            alarms: StoredRolloutAlarms(stores: stores, bus: bus), zones: zones, bus: bus)
    }
}
