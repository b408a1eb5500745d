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

    @Test("tries again what failed when a deployment orders it again, and only then")
    func ordersAgain() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        let unknown = #",{"id":"bad0000000000001","type":"no such node","z":"tab0000000000001"}"#
        var document = try await house.document(
            1, DeviceUnderTest.flows("one", extra: unknown), probation: 60)
        document.deployment = "d1"
        document.attempt = 1
        _ = try await transactions.desire(document, retry: false)
        _ = try await house.settled(transactions, [.failed], revision: 1)
        document.revision = 2
        document.device.name = "Press 4"
        _ = try await transactions.desire(document, retry: false)
        #expect(await transactions.state.phase == .failed)
        // Out of reach, a new try is seen to begin.
        house.appliance.faults.withLock { $0.refuses = true }
        for (number, change) in [("d1", 2), ("d2", 1)].enumerated() {
            (document.deployment, document.attempt) = change
            document.revision += 1
            _ = try await transactions.desire(document, retry: false)
            let phase = await transactions.state.phase
            #expect(phase != .failed && phase != .idle, "order \(number)")
            house.appliance.faults.withLock { $0.refuses = false }
            _ = try await house.settled(transactions, [.failed], revision: document.revision)
            house.appliance.faults.withLock { $0.refuses = true }
        }
        await runtime.stop()
    }

    @Test("starts afresh on hardware that was another device before")
    func anotherDevice() async throws {
        let house = try await DeviceUnderTest()
        var (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        #expect(try await eventually("page one") { await house.page() } == "one")
        await transactions.letGo()
        await runtime.letGo()
        let other = Device.ID.random()
        (transactions, runtime) = try await house.start(as: other)
        #expect(await transactions.running == nil)
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("other"), of: other),
            retry: false)
        _ = try await house.settled(transactions, revision: 1)
        #expect(try await eventually("its own page") { await house.page(of: other) } == "other")
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

    @Test("who overrides a not now means the snapshot that waits, and none after it")
    func overrideOnce() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        #expect(await !transactions.overrideDefer("nothing waits"))
        var next = try await house.document(2, DeviceUnderTest.flows("two"))
        next.window = .init(
            from: Timestamp(milliseconds: 4_000_000_000_000),
            to: Timestamp(milliseconds: 4_000_003_600_000), fits: 60)
        _ = try await transactions.desire(next, retry: false)
        _ = try await house.settled(transactions, [.waiting], revision: 2)
        var later = try await house.document(3, DeviceUnderTest.flows("three"))
        later.window = next.window
        #expect(await transactions.overrideDefer("the shift leader said so"))
        _ = try await house.settled(transactions, revision: 2)
        _ = try await transactions.desire(later, retry: false)
        let state = try await eventually("a reason to wait") { () -> AgentTransaction? in
            let state = await transactions.state
            return state.phase == .waiting && state.reason != nil ? state : nil
        }
        #expect(state.revision == 3)
        await runtime.stop()
    }

    @Test("what flows keep goes along, larger than one piece of it")
    func carriesOver() async throws {
        let house = try await DeviceUnderTest()
        let stage = AgentStage(
            house.paths, vault: house.vault, disk: AgentDisk(house.paths))
        let id = AgentCatalog.instance(house.device)
        let old = InstanceLayout(state: house.paths.slot(.a), id).user
        try Files.makeDirectory("\(old)/context/global")
        let kept = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        try Files.replace("\(old)/context/global/global.json", with: kept)
        try Files.replace("\(old)/context/one.json", with: [1])
        for _ in 0..<2 { try await stage.carryOver(from: .a, to: .b, house.device) }
        let new = InstanceLayout(state: house.paths.slot(.b), id).user
        #expect(try Files.read("\(new)/context/global/global.json") == kept)
        #expect(try Files.read("\(new)/context/one.json") == [1])
    }

    @Test("contact with the appliance counts from the switch on, and is told while it matters")
    func contact() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        await transactions.wasHeard()
        #expect(await transactions.state.contact == nil)
        _ = try await transactions.desire(
            try await house.document(2, DeviceUnderTest.flows("two"), probation: 3600),
            retry: false)
        let before = try await eventually("the probation") { await transactions.state.contact }
        #expect(!before)
        await transactions.wasHeard()
        #expect(await transactions.state.contact == true)
        await transactions.letGo()
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
        var (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        await transactions.letGo()
        await runtime.letGo()
        // Late enough that its start is seen: what never starts is given five minutes.
        (transactions, runtime) = try await house.start(
            environment: ["LINESIDE_PRACTICE=hang=5000"])
        _ = try await transactions.desire(
            try await house.document(2, DeviceUnderTest.flows("two"), probation: 60),
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

    /// It asks the machine every moment, and the machine has been off for a week.
    private static let alwaysInError = #"""
        ,{"id":"every00000000001","type":"inject","z":"tab0000000000001","repeat":"0.2",
        "once":true,"props":[],"wires":[["plc0000000000001"]]},
        {"id":"plc0000000000001","type":"function","z":"tab0000000000001","name":"PLC",
        "func":"node.error('no answer');","outputs":1,"wires":[[]]}
        """#

    @Test("a node that was in error before is no reason to go back, not after a power cut either")
    func errorsBefore() async throws {
        let house = try await DeviceUnderTest()
        var (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(
                1, DeviceUnderTest.flows("one", extra: Self.alwaysInError)), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        let records = house.records
        _ = try await eventually("the error") {
            records.inError.contains("plc0000000000001") ? true : nil
        }
        _ = try await transactions.desire(
            try await house.document(
                2, DeviceUnderTest.flows("two", extra: Self.alwaysInError), probation: 4),
            retry: false)
        _ = try await house.settled(transactions, [.probation], revision: 2)
        await transactions.letGo()
        await runtime.letGo()
        // What the agent remembered is lost with it, and its log too.
        try Files.removeTree(house.paths.records)
        (transactions, runtime) = try await house.start()
        let end = try await house.settled(transactions, [.idle, .failed], revision: 2)
        #expect(end.reason == nil)
        #expect(end.phase == .idle)
        await runtime.stop()
    }
}
