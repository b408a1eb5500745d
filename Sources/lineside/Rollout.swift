import Site
import Store

/// What brings snapshots to devices.
struct Rollout: Sendable {
    let fleet: any RolloutFleet
    let fitness: any RolloutFitness
    let zones: ZoneBook
    let service: RolloutService

    init(
        stores: Stores, fleet: any RolloutFleet, content: DeviceContentParts, vault: Vault,
        bus: EventBus
    ) {
        self.fleet = fleet
        let fitness = ManifestRolloutFitness(
            stores: stores, manifests: content.manifests, packages: content.packages,
            vault: vault)
        self.fitness = fitness
        zones = ZoneBook()
        service = RolloutService(
            stores: stores, fleet: fleet,
            fitness: fitness,
            alarms: StoredRolloutAlarms(stores: stores, bus: bus), zones: zones, bus: bus)
    }
}
