import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Synchronization
import Testing

@testable import Site

@Suite("A device that is given snapshots", .timeLimit(.minutes(10)))
struct AgentTransactionsTests {
    @Test("runs the first, then the next, and keeps running through a restart of the agent")
    func twoSnapshots() async throws {
        let house = try await DeviceUnderTest()
        var (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        #expect(try await eventually("page one") { await house.page() } == "one")
        _ = try await transactions.desire(
            try await house.document(2, DeviceUnderTest.flows("two")), retry: false)
        _ = try await house.settled(transactions, revision: 2)
        let second = try await eventually("page two") { await house.page() == "two" ? true : nil }
        #expect(second)
        let pid = runtime.status?.pid
        await transactions.letGo()
        await runtime.letGo()
        // The appliance is away; the device does not ask for it.
        house.appliance.faults.withLock { $0.refuses = true }
        (transactions, runtime) = try await house.start()
        let next = runtime
        let adopted = try await eventually("the adoption") {
            let status = next.status
            return status?.state == .running ? status?.pid : nil
        }
        #expect(adopted == pid)
        #expect(await house.page() == "two")
        await runtime.stop()
    }

    @Test("goes back by itself when flows do not start, and says why")
    func goesBack() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        let unknown = #",{"id":"bad0000000000001","type":"no such node","z":"tab0000000000001"}"#
        _ = try await transactions.desire(
            try await house.document(
                2, DeviceUnderTest.flows("two", extra: unknown), probation: 60), retry: false)
        let state = try await house.settled(transactions, [.failed], revision: 2)
        #expect(state.reason?.contains("no such node") == true)
        #expect(try await eventually("page one") { await house.page() } == "one")
        #expect(await transactions.running?.revision == 1)
        await runtime.stop()
    }

    @Test("asks only for chunks that it lacks, through damage and a lost connection")
    func delta() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        let filler = (0..<60_000).map { "line \($0 &* 2_654_435_761 % 1_000_003)\\n" }.joined()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows(filler + "one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        let first = house.appliance.asked.withLock { asked in
            defer { asked = [] }
            return asked.count
        }
        house.appliance.faults.withLock { $0.damages = 2 }
        house.appliance.faults.withLock { $0.refuses = true }
        _ = try await transactions.desire(
            try await house.document(2, DeviceUnderTest.flows(filler + "two")), retry: false)
        _ = try await eventually("the fetch to be interrupted") {
            await transactions.state.reason
        }
        house.appliance.faults.withLock { $0.refuses = false }
        _ = try await house.settled(transactions, revision: 2)
        let second = Set(house.appliance.asked.withLock { $0 }).count
        #expect(first > 8)
        #expect(second < first / 2)
        await runtime.stop()
    }

    @Test("waits while the machine says not now, and goes on when it is ready or overridden")
    func notNow() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        let busy = #"{"busy":true,"reason":"the press is closed","seconds":60}"#
        try Files.replace(house.paths.lease, with: Array(busy.utf8))
        _ = try await transactions.desire(
            try await house.document(2, DeviceUnderTest.flows("two")), retry: false)
        let waiting = try await eventually("the reason") { () -> AgentTransaction? in
            let state = await transactions.state
            return state.phase == .waiting && state.reason != nil ? state : nil
        }
        #expect(waiting.reason == "The machine says not now: the press is closed")
        #expect(await house.page() == "one")
        await transactions.overrideDefer("the shift leader said so")
        _ = try await house.settled(transactions, revision: 2)
        await runtime.stop()
    }

    @Test("a full disk is waited for: what runs goes on, and so does the update when there is room")
    func fullDisk() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        house.free.withLock { $0 = 1 << 20 }
        _ = try await transactions.desire(
            try await house.document(2, DeviceUnderTest.flows("two")), retry: false)
        let waiting = try await eventually("the reason") { () -> AgentTransaction? in
            let state = await transactions.state
            return state.reason == nil ? nil : state
        }
        #expect(waiting.phase == .fetch)
        #expect(waiting.reason?.hasPrefix("The disk of the device is full: 17 MB") == true)
        #expect(await house.page() == "one")
        house.free.withLock { $0 = 1 << 40 }
        _ = try await house.settled(transactions, revision: 2)
        #expect(try await eventually("page two") { await house.page() == "two" ? true : nil })
        await runtime.stop()
    }

    @Test("a document that the disk does not take is not forgotten: the trouble is told till then")
    func unsaved() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        // A directory that is none takes nothing, whoever asks.
        let away = "\(house.directory.path)/away"
        #expect(rename(house.paths.documents, away) == 0)
        try Files.replace(house.paths.documents, with: [])
        let second = try await house.document(2, DeviceUnderTest.flows("two"))
        await #expect(throws: SystemError.self) {
            try await transactions.desire(second, retry: false)
        }
        #expect(await transactions.problem?.hasPrefix("The disk of the device cannot") == true)
        #expect(await house.page() == "one")
        unlink(house.paths.documents)
        #expect(rename(away, house.paths.documents) == 0)
        _ = try await house.settled(transactions, revision: 2)
        #expect(await transactions.problem == nil)
        await runtime.stop()
    }

    @Test("goes back when a flow blocks the event loop, which then says nothing any more")
    func blocked() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start(
            environment: ["LINESIDE_PRACTICE=hang=100"])
        var first = try await house.document(1, DeviceUnderTest.flows("one"))
        first.run = .stopped
        _ = try await transactions.desire(first, retry: false)
        _ = try await house.settled(transactions, revision: 1)
        _ = try await transactions.desire(
            try await house.document(2, DeviceUnderTest.flows("two"), probation: 2),
            retry: false)
        let state = try await house.settled(transactions, [.failed], revision: 2)
        #expect(state.reason?.contains("does not answer") == true)
        await transactions.letGo()
        await runtime.stop()
    }

    @Test("nothing to run ends what runs")
    func nothing() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        var document = try await house.document(1, DeviceUnderTest.flows("one"))
        _ = try await transactions.desire(document, retry: false)
        _ = try await house.settled(transactions, revision: 1)
        document.snapshot = nil
        document.revision = 2
        _ = try await transactions.desire(document, retry: false)
        _ = try await house.settled(transactions, revision: 2)
        #expect(await house.page() == nil)
        #expect(await runtime.running == nil)
    }
}
