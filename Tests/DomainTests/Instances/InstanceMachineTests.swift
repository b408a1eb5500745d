import Basics
import Domain
import Glibc
import Testing

typealias Machine = InstanceMachine

/// Machines in every state that differs in what it does next.
enum Situation: String, CaseIterable, Sendable {
    case off, preparing, starting, listening, running, missing, late, unresponsive, hung, safe,
        halted
    case undoing, stopping, restarting, waiting, broken

    var machine: Machine {
        var machine = Machine()
        func feed(_ events: Machine.Event...) { for event in events { _ = machine.apply(event) } }
        if self == .off { return machine }
        feed(.start)
        switch self {
        case .off, .preparing: break
        case .undoing: feed(.stop)
        case .broken: feed(.refused(.stackMissing))
        default: feed(.spawned(pid: 7))
        }
        switch self {
        case .listening: feed(.listening)
        case .running: feed(.listening, .ready)
        case .missing: feed(.listening, .missingTypes(["modbus-read"]))
        case .late: feed(.listening, .elapsed(.startup))
        case .unresponsive: feed(.listening, .ready, .probeMissed, .probeMissed)
        case .hung: feed(.listening, .ready, .probeMissed, .probeMissed, .probeMissed)
        case .safe: feed(.listening, .safeMode)
        case .halted: feed(.listening, .halted)
        case .stopping: feed(.listening, .ready, .stop)
        case .restarting: feed(.listening, .ready, .restart)
        case .waiting: feed(.listening, .ready, .exited(.code(1), uptime: .seconds(3600)))
        case .off, .preparing, .undoing, .broken, .starting: break
        }
        return machine
    }
}

private let events: [Machine.Event] = [
    .start, .stop, .restart, .kill, .spawned(pid: 8), .refused(.stackMissing), .refused(.diskFull),
    .adopted(pid: 9, .running), .listening, .ready, .safeMode, .halted, .missingTypes(["x"]),
    .credentialsUnreadable, .flowsUnreadable, .portTaken, .exited(.code(1), uptime: .seconds(59)),
    .exited(.code(1), uptime: .seconds(60)), .exited(.code(78), uptime: .seconds(1)), .probeMissed,
    .probeAnswered, .elapsed(.backoff), .elapsed(.grace), .elapsed(.startup), .elapsed(.stable),
]

/// One line a pair that does anything: `situation + event -> state: actions`.
private func lines() -> [String] {
    var lines: [String] = []
    for situation in Situation.allCases {
        for event in events {
            let before = situation.machine
            var machine = before
            let actions = machine.apply(event)
            if actions.isEmpty, machine == before { continue }
            let said = actions.isEmpty ? "remembers it" : actions.map(word).joined(separator: ", ")
            lines.append("\(situation) + \(word(event)) -> \(machine.state.rawValue): \(said)")
        }
    }
    return lines
}

private func word(_ event: Machine.Event) -> String {
    switch event {
    case .exited(let exit, let uptime): "exited(\(exit) after \(uptime.components.seconds) s)"
    case .elapsed(let timer): "elapsed(\(timer))"
    case .refused(let trouble): "refused(\(trouble))"
    case .adopted(let pid, let standing): "adopted(\(pid) \(standing))"
    default: "\(event)"
    }
}

private func word(_ action: Machine.Action) -> String {
    switch action {
    case .spawn(let safe, let port):
        "spawn" + (safe ? " safe" : "") + (port ? " on another port" : "")
    case .signal(let signal, let pid): "\(signal) \(pid)"
    case .arm(let timer, let duration): "arm \(timer) \(duration.components.seconds)"
    case .armBackoff(let attempt): "pause \(attempt)"
    case .disarm(let timer): "disarm \(timer)"
    case .probe(let on): on ? "probe" : "no probe"
    case .raise(let kind, _): "raise \(kind.rawValue)"
    case .clear(let kind): "clear \(kind.rawValue)"
    case .report(let state, let detail):
        "report \(state.rawValue)" + (detail.map { " (\($0.prefix(24))…)" } ?? "")
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}

@Suite("Instance machine") struct InstanceMachineTests {
    /// The table is read and judged by people; a change of the machine changes it in the same
    /// commit. `LINESIDE_WRITE_TABLES=1` writes it anew.
    @Test("Every pair of situation and event does what the table says, or nothing")
    func table() throws {
        let now = lines()
        if getenv("LINESIDE_WRITE_TABLES") != nil {
            let folder = #filePath.dropLast("InstanceMachineTests.swift".count)
            let text = (["let machineTable = \"\"\""] + now + ["\"\"\"", ""])
                .joined(separator: "\n    ")
            try Files.replace(
                "\(folder)InstanceMachineTable.swift", with: Array(text.trimmingSpaces.utf8),
                mode: 0o644)
            return
        }
        let written = machineTable.split(separator: "\n").map(String.init)
        for (line, expected) in zip(now, written) { #expect(line == expected) }
        #expect(now.count == written.count)
        #expect(Situation.allCases.count * events.count > 300)
    }

    @Test("A child that ignores SIGTERM is killed after the grace period, and again if need be")
    func killsAfterGrace() {
        var machine = Situation.running.machine
        let actions = machine.apply(.stop)
        #expect(actions.contains(.signal(.terminate, pid: 7)))
        #expect(actions.contains(.arm(.grace, .seconds(20))))
        for _ in 0..<3 {
            #expect(machine.apply(.elapsed(.grace)).first == .signal(.kill, pid: 7))
        }
        let last = machine.apply(.exited(.signal(9), uptime: .seconds(3))).last
        #expect(last == .report(.stopped, detail: nil))
    }

    @Test("Five quick ends are a crash loop: safe mode and one alarm, cleared by a stable run")
    func crashLoop() {
        var machine = Machine()
        var actions = machine.apply(.start)
        for round in 1...5 {
            #expect(actions.contains(.spawn(safe: false, anotherPort: false)))
            _ = machine.apply(.spawned(pid: 7))
            _ = machine.apply(.ready)
            actions = machine.apply(.exited(.code(1), uptime: .seconds(2)))
            guard round < 5 else { break }
            #expect(actions.contains(.armBackoff(attempt: round)))
            actions = machine.apply(.elapsed(.backoff))
        }
        #expect(actions.contains(.spawn(safe: true, anotherPort: false)))
        _ = machine.apply(.spawned(pid: 8))
        _ = machine.apply(.safeMode)
        #expect(machine.state == .safe)
        #expect(actions.contains(.raise(.instanceSafeMode, machine.detail?.sentence ?? "")))
        _ = machine.apply(.listening)
        _ = machine.apply(.ready)
        #expect(machine.state == .running && !machine.isSafe)
        #expect(machine.raised == [.instanceSafeMode])
        #expect(machine.apply(.elapsed(.stable)).contains(.clear(.instanceSafeMode)))
        #expect(machine.detail == nil && machine.restarts == 0)
    }

    @Test("After a deploy in safe mode that crashes again, safe mode comes back at once")
    func crashesAgain() {
        var machine = safe()
        _ = machine.apply(.ready)
        let actions = machine.apply(.exited(.code(1), uptime: .seconds(1)))
        #expect(actions.contains(.spawn(safe: true, anotherPort: false)))
        #expect(!actions.contains { if case .raise = $0 { true } else { false } })
    }

    @Test("Dying in safe mode too ends in crashed, with both alarms, until somebody starts it")
    func diesInSafeMode() {
        var machine = safe()
        let actions = machine.apply(.exited(.signal(6), uptime: .seconds(2)))
        #expect(machine.state == .crashed)
        #expect(machine.detail == .diesInSafeMode(.signal(6)))
        #expect(machine.raised == [.instanceCrashed])
        #expect(!actions.contains { if case .spawn = $0 { true } else { false } })
        let again = machine.apply(.start)
        #expect(again.contains(.spawn(safe: false, anotherPort: false)))
    }

    @Test("An end in safe mode after a long while is tried again, still safe")
    func endsLateInSafeMode() {
        var machine = safe()
        _ = machine.apply(.exited(.signal(9), uptime: .seconds(600)))
        #expect(machine.state == .backingOff)
        #expect(
            machine.apply(.elapsed(.backoff)).contains(.spawn(safe: true, anotherPort: false)))
    }

    @Test("Unreadable flows are not started again: exit 78 is crashed with what to do")
    func flowsUnreadable() {
        var machine = Situation.starting.machine
        _ = machine.apply(.flowsUnreadable)
        let actions = machine.apply(.exited(.code(78), uptime: .seconds(1)))
        #expect(machine.state == .crashed && machine.detail == .flowsUnreadable)
        #expect(
            actions.contains(
                .raise(.instanceFlowsUnreadable, InstanceTrouble.flowsUnreadable.sentence)))
        #expect(machine.detail?.sentence.contains("Restore a version") == true)
    }

    @Test("A port taken by somebody else means another port at once, five times at most")
    func portTaken() {
        var machine = Situation.starting.machine
        for _ in 1..<Machine.portTries {
            _ = machine.apply(.ready)
            _ = machine.apply(.portTaken)
            let actions = machine.apply(.exited(.code(1), uptime: .seconds(1)))
            #expect(actions.contains(.spawn(safe: false, anotherPort: true)))
            _ = machine.apply(.spawned(pid: 9))
        }
        _ = machine.apply(.portTaken)
        _ = machine.apply(.exited(.code(1), uptime: .seconds(1)))
        #expect(machine.state == .crashed && machine.detail == .noPort)
    }

    @Test("Missing node types are named, and gone when the flows start after all")
    func missingTypes() {
        var machine = Situation.starting.machine
        _ = machine.apply(.missingTypes(["modbus-read", "ui-chart"]))
        #expect(machine.state == .unhealthy)
        #expect(machine.detail?.sentence.contains("modbus-read, ui-chart") == true)
        #expect(machine.raised == [.instanceMissingTypes])
        _ = machine.apply(.listening)
        #expect(machine.apply(.ready).contains(.clear(.instanceMissingTypes)))
        #expect(machine.state == .running)
    }

    @Test("Many long names of missing types keep the sentence short")
    func manyMissingTypes() {
        let types = (1...500).map { "\($0)-" + String(repeating: "x", count: 5000) }
        #expect(InstanceTrouble.missingTypes(types).sentence.utf8.count < 2500)
    }

    @Test("Credentials that do not fit: it runs, with a warning")
    func credentials() {
        var machine = Situation.starting.machine
        _ = machine.apply(.credentialsUnreadable)
        _ = machine.apply(.listening)
        _ = machine.apply(.ready)
        #expect(machine.state == .running && machine.detail == .credentialsUnreadable)
        #expect(machine.raised == [.instanceCredentials])
    }

    @Test("Three missed probes kill the process; one answer in between starts the count anew")
    func hang() {
        var machine = Situation.running.machine
        _ = machine.apply(.probeMissed)
        #expect(machine.state == .running)
        _ = machine.apply(.probeMissed)
        #expect(machine.state == .unhealthy)
        _ = machine.apply(.probeAnswered)
        #expect(machine.state == .running)
        for _ in 0..<2 { #expect(!machine.apply(.probeMissed).contains(.signal(.kill, pid: 7))) }
        #expect(machine.apply(.probeMissed).contains(.signal(.kill, pid: 7)))
        #expect(machine.raised == [.instanceUnresponsive])
        _ = machine.apply(.exited(.signal(9), uptime: .seconds(70)))
        _ = machine.apply(.elapsed(.backoff))
        _ = machine.apply(.spawned(pid: 8))
        #expect(machine.raised == [.instanceUnresponsive])
        _ = machine.apply(.listening)
        #expect(machine.apply(.ready).contains(.clear(.instanceUnresponsive)))
    }

    @Test("A full disk is waited out, not given up")
    func diskFull() {
        var machine = Situation.preparing.machine
        let actions = machine.apply(.refused(.diskFull))
        #expect(machine.state == .backingOff)
        #expect(actions.contains(.arm(.backoff, .seconds(60))))
        #expect(machine.apply(.elapsed(.backoff)).first == .spawn(safe: false, anotherPort: false))
    }

    @Test("Alarms that are open from before the start are cleared once it runs")
    func oldAlarms() {
        var machine = Machine(raised: [.instanceSafeMode])
        _ = machine.apply(.start)
        _ = machine.apply(.spawned(pid: 7))
        #expect(machine.raised == [.instanceSafeMode])
        _ = machine.apply(.listening)
        #expect(machine.apply(.ready).contains(.clear(.instanceSafeMode)))
    }

    @Test(
        "An adopted process goes on as it was",
        arguments: [
            (Machine.Standing.starting, InstanceState.starting), (.listening, .starting),
            (.running, .running), (.safe, .safe), (.halted, .safe),
            (.missingTypes(["x"]), .unhealthy),
        ])
    func adopted(_ standing: Machine.Standing, _ state: InstanceState) {
        var machine = Machine()
        _ = machine.apply(.adopted(pid: 9, standing))
        #expect(machine.state == state && machine.pid == 9)
        _ = machine.apply(.exited(.unknown, uptime: .seconds(90)))
        #expect(machine.state == .backingOff)
        #expect(machine.detail?.sentence.contains("not known") == true || standing == .safe)
    }

    @Test("Every trouble says in full sentences what to do")
    func sentences() {
        let all: [InstanceTrouble] = [
            .missingTypes(["x"]), .flowsUnreadable, .flowsNotStarted, .flowsHalted,
            .credentialsUnreadable,
            .notAnswering, .ended(.code(0)), .hung, .crashLoop(.unknown),
            .diesInSafeMode(.signal(9)), .stackMissing, .nodeMissing, .diskFull, .directoryInUse,
            .noPort, .cannotStart("no memory"),
        ]
        for trouble in all {
            #expect(trouble.sentence.hasSuffix(".") && !trouble.sentence.contains("  "))
        }
    }

    private func safe() -> Machine {
        var machine = Machine()
        _ = machine.apply(.start)
        for _ in 1...5 {
            _ = machine.apply(.spawned(pid: 7))
            _ = machine.apply(.exited(.code(1), uptime: .seconds(1)))
            _ = machine.apply(.elapsed(.backoff))
        }
        _ = machine.apply(.spawned(pid: 8))
        _ = machine.apply(.safeMode)
        return machine
    }
}
