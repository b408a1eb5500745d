package import Basics
package import Domain
import Processes
import Synchronization

/// Node-RED on this device: one at a time, in one of the two slots, looked after by the same
/// supervisor as on the appliance.
package actor AgentRuntime {
    package struct Surroundings: Sendable {
        package var paths: AgentPaths
        package var runtime: RuntimeFiles
        /// Snapshots without a stack run on the practice runtime; else they are refused.
        package var allowsPractice: Bool
        package var additionalEnvironment: [String]
        package var disk: AgentDisk
        package init(
            paths: AgentPaths, runtime: RuntimeFiles, allowsPractice: Bool, disk: AgentDisk,
            additionalEnvironment: [String] = []
        ) {
            self.disk = disk
            self.paths = paths
            self.runtime = runtime
            self.allowsPractice = allowsPractice
            self.additionalEnvironment = additionalEnvironment
        }
    }

    /// What runs, or shall.
    package struct Load: Sendable, Equatable {
        package var slot: DeviceSlot
        package var document: DesiredDocument
        package var manifest: AgentManifest
        package init(slot: DeviceSlot, document: DesiredDocument, manifest: AgentManifest) {
            self.slot = slot
            self.document = document
            self.manifest = manifest
        }
    }

    private struct Listeners {
        var observer: (@Sendable (InstanceStatus) -> Void)?
        var changed: (@Sendable () -> Void)?
    }

    private let listeners = Mutex(Listeners())
    private let around: Surroundings
    private let journal: any InstanceJournal
    private let secret: String
    private let watcher: FileWatcher
    private let bus = EventBus()
    private var supervisor: InstanceSupervisor?
    private var load: Load?
    /// What somebody wants, whatever snapshot it is.
    private var wish = DesiredState.running
    /// One order after the other: a stop has ended before what comes behind it begins.
    private let turn = Turnstile()
    private let latest = Mutex<InstanceStatus?>(nil)

    /// - Parameter secret: under which credentials are encrypted; 64 hexadecimal digits.
    package init(
        _ around: Surroundings, journal: any InstanceJournal, secret: String
    ) throws(SystemError) {
        self.around = around
        self.journal = journal
        self.secret = secret
        watcher = try FileWatcher()
    }

    package nonisolated var status: InstanceStatus? { latest.withLock { $0 } }
    package var running: Load? { load }

    /// Makes `load` run and takes over a process of it that runs from before; what runs elsewhere
    /// is stopped first.
    package func run(_ load: Load) async {
        await turn.take()
        await makeRun(load)
        await turn.leave()
    }

    private func makeRun(_ load: Load) async {
        if let former = self.load, supervisor != nil, former.slot == load.slot,
            former.manifest == load.manifest, load.document.runsTheSame(as: former.document)
        {
            self.load = load
            return
        }
        await end()
        for slot in DeviceSlot.allCases where slot != load.slot {
            await end(slot, load.document.device.id)
        }
        self.load = load
        around.disk.makeRoom()
        let supervisor = supervisor(for: load)
        self.supervisor = supervisor
        await supervisor.resume()
        await fulfil()
    }

    /// Stops what runs, wherever it does, and returns when nothing of it runs any more.
    package func stop() async {
        await turn.take()
        await end()
        await turn.leave()
    }

    private func end() async {
        guard let supervisor else { return }
        await halt()
        await supervisor.letGo()
        self.supervisor = nil
        load = nil
    }

    /// Ends what an earlier agent left running, before the first `run`.
    package func stopAll(_ device: Device.ID) async {
        await turn.take()
        await end()
        for slot in DeviceSlot.allCases { await end(slot, device) }
        await turn.leave()
    }

    /// Off or on, for what runs now and for what will. Returns when it is so, or somebody wants
    /// something else meanwhile.
    package func order(_ run: DesiredState) async {
        wish = run
        await turn.take()
        await fulfil()
        await turn.leave()
    }

    private func fulfil() async {
        if wish == .running { await supervisor?.start() } else { await halt() }
    }

    private func halt() async {
        guard let supervisor else { return }
        await supervisor.stop()
        while true {
            let state = latest.withLock { $0?.state }
            if state == nil || state == .stopped || state == .crashed { return }
            await wait(while: state)
        }
    }

    /// - Returns: whether it was done: what is off stays off.
    package func restart() async -> Bool {
        await turn.take()
        let isWanted = wish == .running
        if isWanted { await supervisor?.restart() }
        await turn.leave()
        return isWanted
    }

    /// Only how it is told, nothing of what runs.
    package func take(_ document: DesiredDocument) { load?.document = document }

    /// The agent goes; Node-RED runs on.
    package func letGo() async {
        await supervisor?.letGo()
        supervisor = nil
    }

    package func usage() -> ResourceSample? { latest.withLock { $0?.usage } }

    /// How long it took to answer; `nil`: it did not.
    func answerDelay() async -> Duration? { await supervisor?.answerDelay() }

    /// Called with each status, at once with the present one.
    func observe(_ call: (@Sendable (InstanceStatus) -> Void)?) {
        listeners.withLock { $0.observer = call }
        if let call, let status { call(status) }
    }

    package nonisolated func whenChanged(_ call: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.changed = call }
    }

    // MARK: Waiting

    private var waiting: [CheckedContinuation<Void, Never>] = []

    private func wait(while state: InstanceState?) async {
        guard latest.withLock({ $0?.state }) == state else { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func changed() {
        let ready = waiting
        waiting = []
        for continuation in ready { continuation.resume() }
    }

    // MARK: Parts

    private func end(_ slot: DeviceSlot, _ device: Device.ID) async {
        guard let id = Instance.ID(device.text) else { return }
        let layout = InstanceLayout(state: around.paths.slot(slot), id)
        guard let file = ProcessFile(path: layout.processFile),
            file.bootID == (try? ProcessIdentity.bootID()),
            let process = DirectBackend().adopt(file.identity, layout)
        else { return }
        Log("agent").notice("ends process \(process.identity.pid) in slot \(slot.rawValue)")
        process.signal(.terminate)
        let end = Task {
            try await Task.sleep(for: .seconds(20))
            process.signal(.kill)
        }
        _ = await process.exit()
        end.cancel()
    }

    private func supervisor(for load: Load) -> InstanceSupervisor {
        let port = load.document.settings.port
        let preparation = StartPreparation(
            state: around.paths.slot(load.slot), runtime: around.runtime,
            publicKey: load.document.settings.editorKey, ports: PortPool(range: port...port),
            additionalEnvironment: around.additionalEnvironment,
            neededSpace: AgentDisk.neededToStart)
        let surroundings = InstanceSupervisor.Surroundings(
            catalog: AgentCatalog(
                load: load, paths: around.paths, secret: secret,
                allowsPractice: around.allowsPractice),
            journal: journal, deploys: LocalDeploys(), alarms: NoAlarms(),
            backend: DirectBackend(groups: .delegated()), preparation: preparation,
            probePause: .seconds(30), watcher: watcher, bus: bus)
        let id = AgentCatalog.instance(load.document.device.id)
        latest.withLock { $0 = InstanceStatus(id: id) }
        return InstanceSupervisor(id, in: surroundings) { [weak self] status in
            guard let self else { return }
            latest.withLock { $0 = status }
            let (observer, changed) = listeners.withLock { ($0.observer, $0.changed) }
            observer?(status)
            changed?()
            Task { await self.changed() }
        }
    }
}

/// What a supervisor is told about the Node-RED of a device.
struct AgentCatalog: InstanceCatalog {
    let load: AgentRuntime.Load
    let paths: AgentPaths
    let secret: String
    let allowsPractice: Bool

    static func instance(_ device: Device.ID) -> Instance.ID {
        // Ids of all kinds are made of the same letters.
        Instance.ID(device.text) ?? .random()
    }

    func definition(of id: Instance.ID) async throws -> InstanceDefinition {
        let settings = load.document.settings
        var instance = InstanceSettings()
        instance.memoryLimitMB = settings.heapMB
        instance.paletteInstall = settings.paletteInstall
        instance.paletteUpload = settings.paletteInstall
        instance.logLevel = settings.logLevel
        let program: InstanceDefinition.Program =
            if let stack = load.manifest.stack {
                .stack(path: paths.tree(stack.digest))
            } else { allowsPractice ? .practice : .missing }
        var definition = InstanceDefinition(
            id: id, name: load.document.device.name,
            slug: "d/\(load.document.device.id.text)", program: program, settings: instance,
            timeZone: settings.timeZone?.text ?? "",
            environment: settings.environment.sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" },
            credentialSecret: secret, pageSecret: settings.pageSecret, port: settings.port)
        definition.device = InstanceDefinition.OnDevice(
            localLogin: settings.localLogin, httpAuth: settings.httpAuth)
        return definition
    }

    func remember(port: Int, of id: Instance.ID) async throws {}
}

/// Deploys made on the device itself are in flows.json when they come here; what becomes of them is
/// the business of whoever asks the device for a snapshot.
struct LocalDeploys: DeployKeeper {
    func keep(_ deploy: DeployEntry, of id: Instance.ID, modules: [NodeModule]) async throws {}
}

/// A device tells its troubles in its status; alarms are raised by the appliance.
struct NoAlarms: AlarmBoard {
    func raise(_ kind: AlarmKind, _ text: String, on id: Instance.ID) {}
    func clear(_ kind: AlarmKind, on id: Instance.ID) {}
}
