import Basics
package import Crypto
package import Domain
import Processes
package import Store

/// What the running of instances takes from the rest of the appliance.
package struct InstanceParts: Sendable {
    package var stores: Stores
    package var sealer: Sealer
    /// Its public half goes into each instance.
    package var editorKey: SigningKey
    package var recorder: VersionRecorder
    package var bus: EventBus
    /// The state directory.
    package var state: String
    package var stackPath: @Sendable (Stack.ID) -> String
    package var allowsPractice: Bool
    /// Instances end with the appliance.
    package var stopsOnExit: Bool
    /// How they are run.
    package var backend: any InstanceBackend

    package init(
        stores: Stores, sealer: Sealer, editorKey: SigningKey, recorder: VersionRecorder,
        bus: EventBus, state: String, stackPath: @escaping @Sendable (Stack.ID) -> String,
        allowsPractice: Bool, stopsOnExit: Bool,
        backend: any InstanceBackend = DirectBackend(groups: .delegated())
    ) {
        self.stores = stores
        self.sealer = sealer
        self.editorKey = editorKey
        self.recorder = recorder
        self.bus = bus
        self.state = state
        self.stackPath = stackPath
        self.allowsPractice = allowsPractice
        self.stopsOnExit = stopsOnExit
        self.backend = backend
    }
}

extension InstanceRegistry {
    /// For the composition root: the registry, and the alarms that it
    /// raises. Both are services; the alarms come first, so that they end last.
    /// - Parameter runtime: our JavaScript; written out of the executable by default.
    package static func assemble(
        _ parts: InstanceParts, runtime: RuntimeFiles? = nil
    ) throws -> (alarms: AlarmRaiser, instances: InstanceRegistry) {
        let alarms = AlarmRaiser(stores: parts.stores, bus: parts.bus)
        let catalog = StoredCatalog(
            stores: parts.stores, sealer: parts.sealer, allowsPractice: parts.allowsPractice,
            stackPath: parts.stackPath)
        let preparation = StartPreparation(
            state: parts.state, runtime: try runtime ?? .install(state: parts.state),
            publicKey: try parts.editorKey.publicKeyPEM(), ports: PortPool())
        let around = InstanceSupervisor.Surroundings(
            catalog: catalog, journal: StoredJournal(stores: parts.stores),
            deploys: RecordedDeploys(recorder: parts.recorder, bus: parts.bus), alarms: alarms,
            backend: parts.backend, preparation: preparation,
            watcher: try FileWatcher(),
            bus: parts.bus)
        let instances = InstanceRegistry(
            stores: parts.stores, alarms: alarms, around: around, stopsOnExit: parts.stopsOnExit)
        return (alarms, instances)
    }
}
