import Basics
import Domain
import LinesideTesting
import Synchronization
import Testing

@testable import Site

@Suite("A device that was stopped", .timeLimit(.minutes(10)))
struct AgentStopTests {
    enum Moment: CaseIterable {
        case idle, fetch, waiting, developer, probation, failed
    }

    /// Off is off until somebody starts it, whatever snapshot is on its way.
    @Test(
        "stays off through a start of the agent, whatever it was in the middle of",
        arguments: Moment.allCases)
    func staysOff(_ moment: Moment) async throws {
        let house = try await DeviceUnderTest()
        var (transactions, runtime) = try await house.start()
        var document = try await house.document(1, DeviceUnderTest.flows("one"))
        _ = try await transactions.desire(document, retry: false)
        _ = try await house.settled(transactions, revision: 1)
        #expect(try await eventually("page one") { await house.page() } == "one")
        document = try await bring(transactions, to: moment, document, house)

        document.revision += 1
        document.time = document.time + .seconds(1)
        document.run = .stopped
        _ = try await transactions.desire(document, retry: false)
        let first = runtime
        _ = try await eventually("the stop") { first.status?.state == .stopped ? true : nil }
        #expect(await house.page() == nil)

        await transactions.letGo()
        await runtime.letGo()
        (transactions, runtime) = try await house.start()
        let second = runtime
        _ = try await eventually("what would run to be known") { await second.running }
        // Returns when the step is over in which it would have been started.
        await transactions.letGo()
        #expect(runtime.status?.state == .stopped)
        await runtime.letGo()

        (transactions, runtime) = try await house.start()
        document.revision += 1
        document.time = document.time + .seconds(1)
        document.run = .running
        _ = try await transactions.desire(document, retry: false)
        _ = try await eventually("a page") { await house.page() }
        await runtime.stop()
    }

    /// - Returns: the document that it has then.
    private func bring(
        _ transactions: AgentTransactions, to moment: Moment, _ former: DesiredDocument,
        _ house: DeviceUnderTest
    ) async throws -> DesiredDocument {
        if moment == .idle { return former }
        let unknown = #",{"id":"bad0000000000001","type":"no such node","z":"tab0000000000001"}"#
        let flows = DeviceUnderTest.flows("two", extra: moment == .failed ? unknown : "")
        var next = try await house.document(2, flows, probation: 3600)
        var phase = AgentTransaction.Phase.waiting
        switch moment {
        case .idle: break
        case .fetch:
            house.appliance.faults.withLock { $0.refuses = true }
            phase = .fetch
        case .waiting:
            next.window = .init(
                from: Timestamp(milliseconds: 4_000_000_000_000),
                to: Timestamp(milliseconds: 4_000_003_600_000), fits: 60)
        case .developer: next.mode = .developer
        case .probation: phase = .probation
        case .failed: phase = .failed
        }
        _ = try await transactions.desire(next, retry: false)
        _ = try await house.settled(transactions, [phase], revision: 2)
        if moment == .probation || moment == .failed {
            _ = try await eventually("a page") { await house.page() }
        }
        return next
    }

    @Test("takes nothing for good while it is off: a snapshot proves itself when it is started")
    func provesNothing() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        var document = try await house.document(1, DeviceUnderTest.flows("one"))
        _ = try await transactions.desire(document, retry: false)
        _ = try await house.settled(transactions, revision: 1)
        let unknown = #",{"id":"bad0000000000001","type":"no such node","z":"tab0000000000001"}"#
        document = try await house.document(
            2, DeviceUnderTest.flows("two", extra: unknown), probation: 60)
        document.run = .stopped
        _ = try await transactions.desire(document, retry: false)
        let state = try await eventually("the reason why it waits") {
            let state = await transactions.state
            return state.phase == .waiting && state.reason != nil ? state : nil
        }
        #expect(state.reason == AgentTransaction.off)
        document.revision = 3
        document.time = document.time + .seconds(1)
        document.run = .running
        _ = try await transactions.desire(document, retry: false)
        _ = try await house.settled(transactions, [.failed], revision: 3)
        #expect(try await eventually("page one") { await house.page() } == "one")
        await runtime.stop()
    }

    @Test("takes one order after the other: none of many at once is left without its end")
    func orders() async throws {
        let house = try await DeviceUnderTest()
        let (transactions, runtime) = try await house.start()
        _ = try await transactions.desire(
            try await house.document(1, DeviceUnderTest.flows("one")), retry: false)
        _ = try await house.settled(transactions, revision: 1)
        try await withLimit(waitingFor: "the end of all orders") {
            await withTaskGroup { group in
                for _ in 0..<5 {
                    group.addTask { await runtime.order(.stopped) }
                    group.addTask { await runtime.order(.running) }
                }
            }
        }
        await runtime.stop()
    }
}
