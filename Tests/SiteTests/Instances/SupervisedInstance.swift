import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Synchronization
import Testing

/// One instance under a supervisor, with everything around it in the test's hand.
final class SupervisedInstance: Sendable {
    /// `appliance/` of the checkout: our JavaScript as it lies there.
    static let checkout: String = {
        let parts = #filePath.split(separator: "/").dropLast(4)
        return "/" + parts.joined(separator: "/") + "/appliance"
    }()

    let directory: TemporaryDirectory
    let id = Instance.ID.random()
    let journal = MemoryJournal()
    let deploys = MemoryDeploys()
    let alarms = MemoryAlarms()
    let scripted = ScriptedBackend()
    let probe = ScriptedProbe()
    let clock = HandClock()
    let catalog: MemoryCatalog
    let bus = EventBus()
    let statuses = Told<InstanceStatus>()
    let space = Mutex(UInt64.max)
    private let ports = PortPool()

    init(program: InstanceDefinition.Program = .practice) throws {
        directory = try TemporaryDirectory()
        catalog = MemoryCatalog(
            InstanceDefinition(
                id: id, name: "Press OEE", slug: "press-oee", program: program,
                credentialSecret: Hex.encode(Randomness.bytes(32)),
                pageSecret: Randomness.secret()))
    }

    var layout: InstanceLayout { InstanceLayout(state: directory.path, id) }

    /// With scripted processes, a clock that stands still and a probe that says what it is told.
    func scriptedSupervisor(raised: Set<AlarmKind> = []) throws -> InstanceSupervisor {
        supervisor(try surroundings(scripted, probe, clock), raised)
    }

    /// With real processes in real time.
    /// - Parameter practice: faults that the practice runtime shall have.
    /// - Parameter byHand: time stands still until `clock` is moved.
    /// - Parameter lockPatience: how long a start waits for who holds the directory.
    func realSupervisor(
        practice: String? = nil, byHand: Bool = false, lockPatience: Duration = .seconds(3)
    ) throws -> InstanceSupervisor {
        let extra = practice.map { ["LINESIDE_PRACTICE=\($0)"] } ?? []
        let time: any SupervisorClock = byHand ? clock : MonotonicClock()
        return supervisor(
            try surroundings(
                DirectBackend(lockPatience: lockPatience), LoopbackProbe(), time, extra), [])
    }

    private func surroundings(
        _ backend: any InstanceBackend, _ probe: any LivenessProbe, _ clock: any SupervisorClock,
        _ environment: [String] = []
    ) throws -> InstanceSupervisor.Surroundings {
        let key = try SigningKey.generate().publicKeyPEM()
        let runtime = RuntimeFiles(root: Self.checkout)
        let preparation = StartPreparation(
            state: directory.path, runtime: runtime, publicKey: key, ports: ports,
            node: StartPreparation.nodeOnPath() ?? "/usr/bin/node",
            additionalEnvironment: environment,
            freeSpace: { [weak self] _ in self?.space.withLock { $0 } ?? 0 })
        return InstanceSupervisor.Surroundings(
            catalog: catalog, journal: journal, deploys: deploys, alarms: alarms,
            backend: backend, preparation: preparation, probe: probe, clock: clock,
            watcher: try FileWatcher(), bus: bus)
    }

    private func supervisor(
        _ surroundings: InstanceSupervisor.Surroundings, _ raised: Set<AlarmKind>
    ) -> InstanceSupervisor {
        let statuses = statuses
        return InstanceSupervisor(id, in: surroundings, raised: raised) { statuses.add($0) }
    }

    @discardableResult
    func state(_ state: InstanceState, after count: Int = 0) async throws -> InstanceStatus {
        try await statuses.first("state \(state)", after: count) { $0.state == state }
    }

    func flows(_ text: String) throws {
        try InstanceFiles(layout).install(flows: Array(text.utf8), credentials: nil)
    }
}
