import Basics
import Crypto
import Domain
import LinesideTesting
import Processes
import Site
import Store

/// Stores in memory, a state directory, and registries over them, one after the other as when the
/// appliance restarts.
final class InstanceSite: Sendable {
    let directory: TemporaryDirectory
    let factory: Factory
    let sealer = Sealer(key: Randomness.bytes(32))
    let scripted = ScriptedBackend()
    let deploys = MemoryDeploys()
    let probe = ScriptedProbe()
    /// Stands still: by it go registries over scripted processes.
    let clock = HandClock()
    let bus = EventBus()

    init() async throws {
        directory = try TemporaryDirectory()
        factory = try await Factory()
    }

    var stores: Stores { factory.stores }

    func instance(_ name: String, _ wish: DesiredState = .running) async throws -> Instance {
        let id = Instance.ID.random()
        let secret = Array(Hex.encode(Randomness.bytes(32)).utf8)
        return try await stores.instances.insert(
            InstanceStore.Draft(
                id: id, application: factory.application.id,
                name: try InstanceName(validating: name), stack: nil, desiredState: wish,
                secrets: InstanceSecrets(
                    credentialSecret: try sealer.seal(
                        secret, context: SecretContext.credentialSecret),
                    pageSecret: try sealer.seal(
                        Array(Randomness.secret().utf8), context: SecretContext.pageSecret(id)))),
            by: .site)
    }

    func layout(_ instance: Instance) -> InstanceLayout {
        InstanceLayout(state: directory.path, instance.id)
    }

    /// - Parameter backend: `nil` for real processes.
    func registry(
        _ backend: (any InstanceBackend)? = nil, stopsOnExit: Bool = false
    ) throws -> Running {
        let alarms = AlarmRaiser(stores: stores, bus: bus)
        let catalog = StoredCatalog(
            stores: stores, sealer: sealer, allowsPractice: true, stackPath: { "/none/\($0)" })
        let around = InstanceSupervisor.Surroundings(
            catalog: catalog, journal: StoredJournal(stores: stores), deploys: deploys,
            alarms: alarms, backend: backend ?? DirectBackend(),
            preparation: StartPreparation(
                state: directory.path, runtime: RuntimeFiles(root: SupervisedInstance.checkout),
                publicKey: try SigningKey.generate().publicKeyPEM(), ports: PortPool(),
                node: StartPreparation.nodeOnPath() ?? "/usr/bin/node",
                freeSpace: { _ in .max }),
            probe: backend == nil ? LoopbackProbe() : probe,
            clock: backend == nil ? MonotonicClock() : clock,
            watcher: try FileWatcher(), bus: bus)
        let registry = InstanceRegistry(
            stores: stores, alarms: alarms, around: around, stopsOnExit: stopsOnExit)
        return Running(registry, alarms)
    }

    /// A registry that runs, as in the appliance.
    final class Running: Sendable {
        let registry: InstanceRegistry
        let statuses = Told<InstanceStatus>()
        private let task: Task<Void, any Error>
        private let watching: Task<Void, Never>

        init(_ registry: InstanceRegistry, _ alarms: AlarmRaiser) {
            self.registry = registry
            let statuses = statuses
            let changes = registry.observe()
            watching = Task { for await status in changes { statuses.add(status) } }
            task = Task { try await ServiceGroup([alarms, registry]).run() }
        }

        @discardableResult
        func state(
            _ state: InstanceState, of instance: Instance, after count: Int = 0
        ) async throws -> InstanceStatus {
            try await statuses.first("\(instance.name) \(state)", after: count) {
                $0.id == instance.id && $0.state == state
            }
        }

        /// The appliance ends.
        func end() async throws {
            task.cancel()
            try await task.value
            watching.cancel()
        }
    }
}
