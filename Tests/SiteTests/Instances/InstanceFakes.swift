import Basics
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Store
import Synchronization

/// Everything a supervisor told, and what waits for it.
final class Told<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    var all: [Value] { state.withLock { $0.values } }

    func add(_ value: Value) {
        let waiting = state.withLock { state in
            state.values.append(value)
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// The first value, told already or to come, that `accepts`.
    @discardableResult
    func first(
        _ what: String, after count: Int = 0, _ accepts: @escaping @Sendable (Value) -> Bool
    ) async throws -> Value {
        try await withLimit(waitingFor: what) {
            var seen = count
            while true {
                try Task.checkCancellation()
                let values = self.all
                for value in values.dropFirst(seen) where accepts(value) { return value }
                seen = values.count
                await self.more(than: seen)
            }
        }
    }

    private func more(than count: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.values.count > count || Task.isCancelled { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }
}

/// Time that stands still until it is moved.
final class HandClock: SupervisorClock {
    private struct Sleeper {
        let number: Int
        let due: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var now = Duration.zero
        var next = 0
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
    }
    private let state = Mutex(State())
    /// Each sleep that began.
    let sleeps = Told<Duration>()

    var elapsed: Duration { state.withLock { $0.now } }

    func sleep(_ duration: Duration) async throws {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    if state.cancelled.contains(number) { return true }
                    state.sleepers.append(
                        Sleeper(
                            number: number, due: state.now + duration, continuation: continuation))
                    return false
                }
                if isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    sleeps.add(duration)
                }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.cancelled.insert(number)
                let index = state.sleepers.firstIndex { $0.number == number }
                return index.map { state.sleepers.remove(at: $0) }
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Waits for the `number`th sleep of that length to begin, and ends it.
    func end(_ duration: Duration, _ number: Int = 1) async throws {
        let isThere: @Sendable () -> Bool = { [sleeps] in
            sleeps.all.count { $0 == duration } >= number
        }
        if !isThere() {
            try await sleeps.first("sleep \(number) of \(duration)") { _ in isThere() }
        }
        advance(duration)
    }

    /// Waits for the pause before the next try to begin, the `number`th of the test, and ends it.
    func endPause(_ number: Int) async throws {
        let others: [Duration] = [5, 20, 30, 120, 600].map { .seconds($0) }
        let isThere: @Sendable () -> Bool = { [sleeps] in
            sleeps.all.count { !others.contains($0) } >= number
        }
        if !isThere() { try await sleeps.first("pause \(number)") { _ in isThere() } }
        advance(.seconds(60))
    }

    func advance(_ duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            let due = state.sleepers.filter { $0.due <= state.now }
            state.sleepers.removeAll { $0.due <= state.now }
            return due
        }
        for sleeper in due { sleeper.continuation.resume() }
    }
}

/// A process that does what the test says.
final class ScriptedProcess: InstanceProcess {
    let identity: ProcessIdentity
    let plan: StartPlan?
    let signals = Told<InstanceMachine.Signal>()
    private let ends = Told<InstanceExit>()
    let installing = Mutex(false)

    init(pid: Int32, plan: StartPlan?) {
        identity = ProcessIdentity(pid: pid, startTicks: 1)
        self.plan = plan
    }

    func signal(_ signal: InstanceMachine.Signal) { signals.add(signal) }
    func exit() async -> InstanceExit {
        while true {
            if let exit = try? await ends.first("the end of a process", { _ in true }) {
                return exit
            }
        }
    }
    func usage() -> ProcessUsage? {
        ProcessUsage(
            rss: 1 << 20, processorTime: .zero, isInstalling: installing.withLock { $0 })
    }

    func end(_ exit: InstanceExit) { ends.add(exit) }

    /// Prints a line to the instance's output.
    func say(_ line: String) throws {
        guard let plan else { return }
        let path = "\(plan.layout.log)/out.log"
        guard
            let file = FileDescriptor(
                owning: open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600))
        else { throw SystemError("open \(path)") }
        try Files.write(Array("\(line)\n".utf8), to: file, path)
    }

    func event(_ name: String, _ fields: String = "") throws {
        try say(#"{"t":1,"event":"\#(name)","nonce":"\#(plan?.nonce ?? "")"\#(fields)}"#)
    }
}

final class ScriptedBackend: InstanceBackend {
    let started = Told<ScriptedProcess>()
    let refusal = Mutex<InstanceTrouble?>(nil)
    let adoptable = Mutex<ScriptedProcess?>(nil)
    private let pids = Mutex<Int32>(100_000)

    func start(
        _ plan: StartPlan, prepared: (ProcessIdentity) throws(StartFault) -> Void
    ) throws(InstanceTrouble) -> any InstanceProcess {
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
        let pid = pids.withLock { pids in
            pids += 1
            return pids
        }
        let process = ScriptedProcess(pid: pid, plan: plan)
        do throws(SystemError) { try prepared(process.identity) } catch {
            throw .cannotStart("\(error)")
        }
        do { try process.say("up") } catch { throw .cannotStart("\(error)") }
        started.add(process)
        return process
    }

    func adopt(
        _ identity: ProcessIdentity, _ layout: InstanceLayout
    ) -> (any InstanceProcess)? { adoptable.withLock { $0 } }
}

final class MemoryJournal: InstanceJournal {
    let records = Told<LogRecord>()
    let samples = Told<ResourceSample>()
    let positions = Mutex<LogPosition?>(nil)
    let isFull = Mutex(false)
    /// Called before lines are taken.
    let whenAppending = Mutex<(@Sendable () -> Void)?>(nil)

    func position(of id: Instance.ID) async throws -> LogPosition? { positions.withLock { $0 } }
    func append(
        _ records: [LogRecord], of id: Instance.ID, upTo position: LogPosition
    ) async throws -> [LogRecord] {
        if isFull.withLock({ $0 }) { throw StoreError.full }
        whenAppending.withLock { $0 }?()
        positions.withLock { $0 = position }
        for record in records { self.records.add(record) }
        return records
    }
    func append(_ sample: ResourceSample, of id: Instance.ID) async throws { samples.add(sample) }

    var texts: [String] { records.all.map(\.text) }
}

final class MemoryDeploys: DeployKeeper {
    let kept = Told<DeployEntry>()
    let isFull = Mutex(false)
    func keep(_ deploy: DeployEntry, of id: Instance.ID, modules: [NodeModule]) async throws {
        if isFull.withLock({ $0 }) { throw StoreError.full }
        kept.add(deploy)
    }
}

final class MemoryAlarms: AlarmBoard {
    enum Change: Sendable, Equatable {
        case raised(AlarmKind, String)
        case cleared(AlarmKind)
    }
    let changes = Told<Change>()
    func raise(_ kind: AlarmKind, _ text: String, on id: Instance.ID) {
        changes.add(.raised(kind, text))
    }
    func clear(_ kind: AlarmKind, on id: Instance.ID) { changes.add(.cleared(kind)) }

    var open: Set<AlarmKind> {
        changes.all.reduce(into: []) { open, change in
            switch change {
            case .raised(let kind, _): open.insert(kind)
            case .cleared(let kind): open.remove(kind)
            }
        }
    }

    /// Waits until these and no others are open.
    func open(_ kinds: Set<AlarmKind>) async throws {
        if open == kinds { return }
        try await changes.first("open alarms \(kinds)") { _ in self.open == kinds }
    }
}

final class ScriptedProbe: LivenessProbe {
    let answers = Mutex(true)
    let asked = Told<Int>()
    func isAlive(port: Int, path: String, instance: Instance.ID, nonce: String) async -> Bool {
        asked.add(port)
        return answers.withLock { $0 }
    }
}

final class MemoryCatalog: InstanceCatalog {
    let definition: Mutex<InstanceDefinition>
    let remembered = Told<Int>()
    init(_ definition: InstanceDefinition) { self.definition = Mutex(definition) }
    func definition(of id: Instance.ID) async throws -> InstanceDefinition {
        definition.withLock { $0 }
    }
    func remember(port: Int, of id: Instance.ID) async throws {
        definition.withLock { $0.port = port }
        remembered.add(port)
    }
}
