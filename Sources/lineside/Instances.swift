import Basics
import Crypto
import Domain
import Processes
import Site
import Store

/// Everything that runs Node-RED and keeps what it is told: stacks, versions, supervisors.
struct Instances: Sendable {
    let stacks: StackRegistry
    let vault: Vault
    let recorder: VersionRecorder
    let library: VersionLibrary
    let catalog: StoredCatalog
    let alarms: AlarmRaiser
    let registry: InstanceRegistry

    static func raise(
        _ configuration: Configuration, _ paths: StatePaths, _ foundations: Foundations,
        bus: EventBus
    ) async throws(CommandFailure) -> Instances {
        do {
            let stores = foundations.stores
            let shelf = StackShelf(directory: paths.stacks)
            let stacks = StackRegistry(shelf: shelf, store: stores.stacks)
            try await stacks.prepare()
            let vault = Vault(directory: paths.vault)
            try await vault.prepare()
            let recorder = VersionRecorder(vault: vault, stores: stores)
            let catalog = StoredCatalog(
                stores: stores, sealer: foundations.sealer,
                allowsPractice: configuration.instances.practice, stackPath: shelf.path)
            let alarms = AlarmRaiser(stores: stores, bus: bus)
            let preparation = StartPreparation(
                state: paths.root, runtime: try RuntimeFiles.install(state: paths.root),
                publicKey: try foundations.editorKey.publicKeyPEM(), ports: PortPool())
            let around = InstanceSupervisor.Surroundings(
                catalog: catalog, journal: StoredJournal(stores: stores), deploys: recorder,
                alarms: alarms, backend: DirectBackend(), preparation: preparation,
                watcher: try FileWatcher(), bus: bus)
            return Instances(
                stacks: stacks, vault: vault, recorder: recorder,
                library: VersionLibrary(
                    vault: vault, stores: stores, sealer: foundations.sealer),
                catalog: catalog, alarms: alarms,
                registry: InstanceRegistry(
                    stores: stores, catalog: catalog, alarms: alarms, around: around,
                    stopsOnExit: configuration.instances.stopOnExit))
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
