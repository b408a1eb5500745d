import Basics
package import Domain
package import Processes

/// Looks after one instance: runs what its machine decides and tells the machine what happens.
///
/// It has an executor of its own, because preparing, starting and reading a process block. When
/// it is let go of, the process runs on.
package actor InstanceSupervisor {
    /// What all supervisors of a site share.
    package struct Surroundings: Sendable {
        package var catalog: any InstanceCatalog
        package var journal: any InstanceJournal
        package var deploys: any DeployKeeper
        package var alarms: any AlarmBoard
        package var backend: any InstanceBackend
        package var preparation: StartPreparation
        package var probe: any LivenessProbe
        package var clock: any SupervisorClock
        /// From one question whether it answers to the next.
        package var probePause: Duration
        package var watcher: FileWatcher
        package var bus: EventBus

        package init(
            catalog: any InstanceCatalog, journal: any InstanceJournal,
            deploys: any DeployKeeper, alarms: any AlarmBoard, backend: any InstanceBackend,
            preparation: StartPreparation, probe: any LivenessProbe = LoopbackProbe(),
            clock: any SupervisorClock = MonotonicClock(), probePause: Duration = .seconds(5),
            watcher: FileWatcher, bus: EventBus
        ) {
            self.catalog = catalog
            self.journal = journal
            self.deploys = deploys
            self.alarms = alarms
            self.backend = backend
            self.preparation = preparation
            self.probe = probe
            self.clock = clock
            self.probePause = probePause
            self.watcher = watcher
            self.bus = bus
        }
    }

    package nonisolated let id: Instance.ID
    private nonisolated let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    let around: Surroundings
    let layout: InstanceLayout
    let log = Log("supervisor")
    private let changed: @Sendable (InstanceStatus) -> Void

    var machine: InstanceMachine
    var process: (any InstanceProcess)?
    var file: ProcessFile?
    /// When the process started or its flows last did.
    var freshAt = Duration.zero
    var badPort: Int?
    /// From then on the next appliance decides what an end of the process means.
    private(set) var isLetGo = false
    private var timers: [InstanceMachine.Timer: Task<Void, Never>] = [:]
    private var status: InstanceStatus

    // Output.
    var tail: LogTail?
    var pending: [LogRecord] = []
    var droppedRecords = 0
    var watch: FileWatcher.Watch?
    var reader: Task<Void, Never>?
    let turn = Turnstile()
    let spoolTurn = Turnstile()
    var drain: SpoolDrain
    var drainRetry: Task<Void, Never>?
    /// What was said last; empty where only an older appliance knew.
    var spoolFault: String?
    var floodedAt: Duration?

    // Probing.
    var prober: Task<Void, Never>?
    var installedAt: Duration?
    var lastUsage: InstanceUsage?
    var sampledAt = Duration.zero

    /// Those that the machine knows nothing of.
    private static let ownAlarms: Set<AlarmKind> = [.instanceSpool, .instanceLogFlood]

    /// - Parameters:
    ///   - raised: alarms of this instance that are open from before.
    ///   - changed: called on this actor at each change; it must be quick.
    package init(
        _ id: Instance.ID, in around: Surroundings, raised: Set<AlarmKind> = [],
        changed: @escaping @Sendable (InstanceStatus) -> Void
    ) {
        self.id = id
        self.around = around
        self.changed = changed
        layout = InstanceLayout(state: around.preparation.state, id)
        executor = BlockingExecutor(label: "instance \(id.text)")
        machine = InstanceMachine(raised: raised.subtracting(Self.ownAlarms))
        spoolFault = raised.contains(.instanceSpool) ? "" : nil
        floodedAt = raised.contains(.instanceLogFlood) ? around.clock.elapsed : nil
        status = InstanceStatus(id: id)
        drain = SpoolDrain(layout)
    }

    /// Takes over a process that an earlier appliance started, and keeps what was left of its
    /// output and its deploys. To be called once, before anything else.
    package func resume() async {
        guard Files.exists(layout.root) else { return }
        let found = ProcessFile(path: layout.processFile)
        if let found, found.bootID == (try? ProcessIdentity.bootID()),
            let process = around.backend.adopt(found.identity, layout)
        {
            adopt(process, found)
        } else if let found {
            // It ended while nobody looked: its last lines are read under its name.
            file = found
        }
        await openTail()
        await pump(final: process == nil)
        if process == nil { forgetProcess() }
        await drainSpool()
    }

    package func start() { feed(.start) }
    /// Off until somebody starts it.
    package func stop() { feed(.stop) }
    package func restart() { feed(.restart) }
    package func kill() { feed(.kill) }

    /// Ends looking after it, for good. The process runs on.
    package func letGo() async {
        isLetGo = true
        for timer in timers.values { timer.cancel() }
        timers = [:]
        prober?.cancel()
        reader?.cancel()
        drainRetry?.cancel()
        watch = nil
        await pump(final: false)
        await turn.take()
        tail = nil
        await turn.leave()
    }

    func feed(_ event: InstanceMachine.Event) {
        guard !isLetGo else { return }
        for action in machine.apply(event) { perform(action) }
        writeStanding()
        publish()
    }

    private func perform(_ action: InstanceMachine.Action) {
        switch action {
        case .spawn(let safe, let anotherPort):
            badPort = anotherPort ? file?.port : nil
            Task { await self.launch(safe: safe) }
        case .signal(let signal, let pid):
            if process?.identity.pid == pid { process?.signal(signal) }
        case .arm(let timer, let duration): arm(timer, duration)
        case .armBackoff(let attempt):
            let pause = Backoff(first: .seconds(1), limit: .seconds(60))
            arm(.backoff, pause.pause(attempt: attempt, jitter: .random(in: 0...1)))
        case .disarm(let timer): timers.removeValue(forKey: timer)?.cancel()
        case .probe(let on): on ? beginProbing() : endProbing()
        case .raise(let kind, let text): around.alarms.raise(kind, text, on: id)
        case .clear(let kind): around.alarms.clear(kind, on: id)
        case .report(let state, let detail):
            log.info("instance \(id) is \(state.rawValue)\(detail.map { ": \($0)" } ?? "")")
        }
    }

    private func arm(_ timer: InstanceMachine.Timer, _ duration: Duration) {
        timers[timer]?.cancel()
        let clock = around.clock
        timers[timer] = Task { [weak self] in
            do { try await clock.sleep(duration) } catch { return }
            await self?.elapsed(timer)
        }
    }

    /// A timer that was disarmed while it fired: its task is cancelled, though its sleep was not.
    private func elapsed(_ timer: InstanceMachine.Timer) {
        guard !Task.isCancelled else { return }
        timers[timer] = nil
        feed(.elapsed(timer))
    }

    func publish(usage: ResourceSample? = nil) {
        var now = InstanceStatus(id: id)
        now.state = machine.state
        now.detail = machine.detail?.sentence
        now.pid = machine.pid
        now.port = process != nil && machine.holdsPort ? file?.port : nil
        now.startedAt = process == nil ? nil : file?.startedAt
        now.restarts = machine.restarts
        now.isSafe = machine.isSafe
        now.usage = process == nil ? nil : usage ?? status.usage
        guard now != status else { return }
        status = now
        changed(now)
    }
}
