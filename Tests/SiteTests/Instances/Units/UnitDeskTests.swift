import Basics
import Domain
import Glibc
import Processes
import Synchronization
import Testing

@testable import Site

/// systemctl that only remembers what it was told.
private final class RecordedControl: Sendable {
    private let calls = Mutex<[String]>([])
    let answers: [String: UnitClerk.Word]

    /// - Parameter answers: by the first word; all others went well.
    init(_ answers: [String: UnitClerk.Word] = [:]) { self.answers = answers }

    var seen: [String] { calls.withLock { $0 } }

    var clerk: UnitClerk {
        UnitClerk { [self] arguments in
            calls.withLock { $0.append(arguments.joined(separator: " ")) }
            return answers[arguments[0]] ?? UnitClerk.Word(status: .code(0), text: "")
        }
    }
}

@Suite("Units of instances", .timeLimit(.minutes(10))) struct UnitDeskTests {
    private static let unit = "lineside-instance@abcdefghij0123456789.service"

    private func id() throws -> Instance.ID { try #require(Instance.ID("abcdefghij0123456789")) }

    @Test("A start ends what ran, sets limits and tells the main process")
    func start() async throws {
        let control = RecordedControl(["show": .init(status: .code(0), text: "4711")])
        let order = UnitOrder.start(try id(), memory: .mebibytes(100), processorPercent: 50)
        #expect(await control.clerk.carryOut(order) == .started(4711))
        #expect(
            control.seen == [
                "stop \(Self.unit)", "reset-failed \(Self.unit)",
                "set-property --runtime \(Self.unit) MemoryMax=104857600 CPUQuota=50%",
                "start \(Self.unit)", "show --property=MainPID --value \(Self.unit)",
            ])
    }

    @Test("Without limits nothing is started")
    func noLimits() async throws {
        let control = RecordedControl(["set-property": .init(status: .code(1), text: "no")])
        let order = UnitOrder.start(try id(), memory: .mebibytes(100), processorPercent: nil)
        #expect(await control.clerk.carryOut(order) == .refused("no limits: no"))
        #expect(!control.seen.contains("start \(Self.unit)"))
    }

    @Test("One that ended at once is no start")
    func endedAtOnce() async throws {
        let control = RecordedControl(["show": .init(status: .code(0), text: "0")])
        let order = UnitOrder.start(try id(), memory: .mebibytes(100), processorPercent: nil)
        guard case .refused(let why) = await control.clerk.carryOut(order) else {
            Issue.record("it was started")
            return
        }
        #expect(why.contains(Self.unit))
    }

    @Test("Signals go to the main process, or to everything")
    func signals() async throws {
        let control = RecordedControl()
        #expect(await control.clerk.carryOut(.terminate(try id())) == .done)
        #expect(await control.clerk.carryOut(.kill(try id())) == .done)
        #expect(
            control.seen == [
                "kill --kill-whom=main --signal=SIGTERM \(Self.unit)",
                "kill --kill-whom=all --signal=SIGKILL \(Self.unit)",
            ])
    }

    @Test(
        "How it ended is what systemd says, and nothing while it runs",
        arguments: [
            ("ActiveState=failed ExecMainCode=1 ExecMainStatus=78", InstanceExit.code(78)),
            ("ActiveState=failed ExecMainCode=2 ExecMainStatus=9", .signal(9)),
            ("ExecMainCode=3 ExecMainStatus=6 ActiveState=failed", .signal(6)),
            ("ActiveState=inactive ExecMainCode=0 ExecMainStatus=0", .code(0)),
            ("ActiveState=active ExecMainCode=0 ExecMainStatus=0", .unknown),
            ("", .unknown),
        ])
    func ending(text: String, exit: InstanceExit) async throws {
        let control = RecordedControl(["show": .init(status: .code(0), text: text)])
        #expect(await control.clerk.carryOut(.ending(try id())) == .ended(exit))
    }

    /// What the desk says to a line, and what it had done.
    private func ask(
        _ line: String, user: UInt32 = geteuid()
    ) async throws -> (answer: String, seen: [String]) {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        guard let ours = FileDescriptor(owning: ends[0]) else { throw SystemError("socketpair") }
        let control = RecordedControl()
        do {
            guard let theirs = FileDescriptor(owning: ends[1]) else {
                throw SystemError("socketpair")
            }
            try Files.write(Array(line.utf8), to: ours, "ask")
            shutdown(ours.raw, Int32(SHUT_WR))
            try await UnitDesk(clerk: control.clerk, user: user).serve(theirs)
        }
        let bytes = try Files.read(ours, "ask", limit: .kibibytes(4))
        return (String(decoding: bytes, as: UTF8.self), control.seen)
    }

    @Test("The appliance's user is served")
    func served() async throws {
        let (answer, seen) = try await ask("kill abcdefghij0123456789\n")
        #expect(answer == "ok\n")
        #expect(seen.count == 1)
    }

    @Test("Nobody else is, not even to be told what an order is")
    func stranger() async throws {
        let (answer, seen) = try await ask("kill abcdefghij0123456789\n", user: geteuid() &+ 1)
        #expect(answer == "refused This is for the appliance only.\n")
        #expect(seen.isEmpty)
    }

    @Test(
        "A line without its end, two lines, or too much is no order",
        arguments: [
            "", "kill abcdefghij0123456789", "kill abcdefghij0123456789\n\n",
            String(repeating: "k", count: 4096), "kill lineside\n",
        ])
    func nonsense(line: String) async throws {
        let (answer, seen) = try await ask(line)
        #expect(answer == "refused That is no order.\n")
        #expect(seen.isEmpty)
    }
}
