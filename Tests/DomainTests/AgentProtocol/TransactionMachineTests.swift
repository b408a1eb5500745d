import Basics
import Testing

@testable import Domain

@Suite("A device on its way from one snapshot to the next")
struct TransactionMachineTests {
    typealias Event = TransactionMachine.Event
    typealias Wish = TransactionMachine.Wish

    /// One that runs revision 1 in slot a.
    static func running() -> TransactionMachine {
        var record = TransactionRecord()
        record.committed = 1
        record.revision = 1
        record.slot = .a
        return TransactionMachine(record: record)
    }

    static func after(_ events: [Event]) -> TransactionMachine {
        var machine = running()
        for event in events { _ = machine.apply(event) }
        return machine
    }

    static let toProbation: [Event] = [
        .desired(Wish(revision: 2), retry: false), .fetched, .verified, .staged, .go, .switched,
    ]

    @Test("goes the whole way and runs the new one from the other slot")
    func wholeWay() {
        var machine = Self.running()
        let steps: [(Event, TransactionMachine.Action, AgentTransaction.Phase)] = [
            (.desired(Wish(revision: 2), retry: false), .fetch(2), .fetch),
            (.fetched, .verify(2), .verify), (.verified, .stage(2, into: .b), .stage),
            (.staged, .awaitGo(2), .waiting), (.go, .switchOver(from: .a, to: .b), .switch),
            (.switched, .probe(2, in: .b), .probation), (.healthy, .commit(2), .commit),
            (.committed, .run, .idle),
        ]
        for (event, action, phase) in steps {
            let actions = machine.apply(event)
            #expect(actions == [.journal(machine.record), action])
            #expect(machine.record.phase == phase)
        }
        #expect(machine.record.running.slot == .b)
        #expect(machine.record.running.revision == 2)
        #expect(machine.record.committed == 2)
    }

    /// The phase that must stand in the record when the step begins.
    static func phase(of action: TransactionMachine.Action) -> AgentTransaction.Phase? {
        switch action {
        case .fetch: .fetch
        case .verify: .verify
        case .stage: .stage
        case .awaitGo: .waiting
        case .switchOver: .switch
        case .probe: .probation
        case .rollBack: .rollback
        case .journal, .abandon, .commit, .run, .retry: nil
        }
    }

    @Test("a step is never begun before its record is written")
    func journalFirst() {
        var random = SeededGenerator(3)
        let events: [Event] = [
            .booted, .desired(Wish(revision: 2), retry: false),
            .desired(Wish(revision: 3, hasContent: false), retry: true),
            .desired(Wish(revision: 4, runsAlready: true), retry: false),
            .fetchInterrupted("r"), .fetched, .verified, .staged, .damaged("d"),
            .impossible("i"), .notNow("n"), .go, .switched, .switchFailed("s"), .healthy,
            .unhealthy("u"), .committed, .rolledBack, .rollbackFailed("f"), .retryElapsed,
        ]
        for _ in 0..<300 {
            var machine = Self.running()
            var written = machine.record
            for _ in 0..<40 {
                for action in machine.apply(random.pick(events)) {
                    if case .journal(let record) = action { written = record }
                    if let phase = Self.phase(of: action) { #expect(written.phase == phase) }
                }
                // Whenever the power goes, one of the two runs, whole.
                let running = written.running
                #expect(running.slot == nil || running.revision > 0)
            }
        }
    }

    @Test("a cut before the switch finds the former running and begins again")
    func cutBefore() {
        for count in 1...4 {
            var machine = TransactionMachine(
                record: Self.after(Array(Self.toProbation.prefix(count))).record)
            let actions = machine.apply(.booted)
            #expect(actions.first == .run)
            #expect(actions.last == .fetch(2))
            #expect(machine.record.running.slot == .a)
        }
    }

    @Test("a cut in the switch does the switch again")
    func cutInSwitch() {
        var machine = TransactionMachine(
            record: Self.after(Array(Self.toProbation.prefix(5))).record)
        #expect(machine.apply(.booted) == [.switchOver(from: .a, to: .b)])
    }

    @Test("a probation that is found open three times goes on, the fourth time it goes back")
    func bootsInProbation() {
        var record = Self.after(Self.toProbation).record
        for count in 1...3 {
            var machine = TransactionMachine(record: record)
            #expect(machine.apply(.booted).last == .probe(2, in: .b))
            #expect(machine.record.starts == count)
            record = machine.record
        }
        var machine = TransactionMachine(record: record)
        #expect(machine.apply(.booted).last == .rollBack(to: .a, from: .b))
        #expect(machine.record.running.slot == .a)
    }

    @Test("what fails its probation goes back, and is not tried again until somebody says so")
    func rollback() {
        var machine = Self.after(Self.toProbation)
        #expect(machine.apply(.unhealthy("it is ill")).last == .rollBack(to: .a, from: .b))
        #expect(machine.apply(.rolledBack).last == .run)
        #expect(machine.record.phase == .failed)
        #expect(machine.record.reason == "it is ill")
        #expect(machine.record.running.revision == 1)
        #expect(machine.apply(.desired(Wish(revision: 2), retry: false)).isEmpty)
        #expect(machine.apply(.desired(Wish(revision: 2), retry: true)).last == .fetch(2))
        #expect(machine.record.target == .b)
    }

    @Test("to be stopped or renamed is no new try of what failed, an order to retry is one")
    func sameAgain() {
        var machine = Self.after(Self.toProbation + [.unhealthy("it is ill"), .rolledBack])
        let renamed = Wish(revision: 3, failedAlready: true)
        #expect(machine.apply(.desired(renamed, retry: false)) == [.journal(machine.record)])
        #expect(machine.record.phase == .failed)
        #expect(machine.record.revision == 3)
        #expect(machine.apply(.desired(renamed, retry: true)).last == .fetch(3))
    }

    @Test("a way back that fails is gone again, and said when it cannot be gone")
    func rollbackFails() {
        var machine = Self.after(Self.toProbation + [.unhealthy("it is ill")])
        for attempt in 1..<TransactionMachine.mostRollbacks {
            #expect(machine.apply(.rollbackFailed("disk")) == [.retry(attempt: attempt)])
            #expect(machine.apply(.retryElapsed) == [.rollBack(to: .a, from: .b)])
        }
        _ = machine.apply(.rollbackFailed("disk"))
        #expect(machine.record.phase == .inconsistent)
        var next = TransactionMachine(record: machine.record)
        #expect(next.apply(.booted).last == .rollBack(to: .a, from: .b))
    }

    @Test("an appliance out of reach stops nothing: it is tried for ever")
    func interrupted() {
        var machine = Self.after([.desired(Wish(revision: 2), retry: false)])
        for attempt in 1...50 {
            #expect(machine.apply(.fetchInterrupted("away")) == [.retry(attempt: attempt)])
            #expect(machine.apply(.retryElapsed) == [.fetch(2)])
        }
        #expect(machine.record.phase == .fetch)
    }

    @Test("damage is fetched again, and given up the third time")
    func damage() {
        var machine = Self.after([.desired(Wish(revision: 2), retry: false)])
        for _ in 1..<TransactionMachine.mostDamages {
            _ = machine.apply(.fetched)
            #expect(machine.apply(.damaged("bit rot")).last == .fetch(2))
        }
        _ = machine.apply(.fetched)
        _ = machine.apply(.damaged("bit rot"))
        #expect(machine.record.phase == .failed)
        #expect(machine.record.running.slot == .a)
    }

    @Test("a later wish ends a fetch at once, and waits for a switch to be over")
    func laterWish() {
        var early = Self.after([.desired(Wish(revision: 2), retry: false), .fetched])
        let actions = early.apply(.desired(Wish(revision: 3), retry: false))
        #expect(actions.first == .abandon)
        #expect(actions.last == .fetch(3))
        var late = Self.after(Self.toProbation)
        #expect(late.apply(.desired(Wish(revision: 3), retry: false)).isEmpty)
        _ = late.apply(.healthy)
        #expect(late.apply(.committed).last == .fetch(3))
        #expect(late.record.target == .a)
    }

    @Test("not now waits, whatever else comes")
    func notNow() {
        var machine = Self.after(Array(Self.toProbation.prefix(4)))
        #expect(machine.apply(.notNow("the press is closed")).isEmpty)
        #expect(machine.record.reason == "the press is closed")
        #expect(machine.apply(.retryElapsed).isEmpty)
        #expect(machine.record.phase == .waiting)
        #expect(machine.apply(.go).last == .switchOver(from: .a, to: .b))
    }

    @Test("nothing to run is switched to as well, without a probation")
    func nothing() {
        var machine = Self.after([.desired(Wish(revision: 2, hasContent: false), retry: false)])
        #expect(machine.record.phase == .waiting)
        #expect(machine.apply(.go).last == .switchOver(from: .a, to: nil))
        #expect(machine.apply(.switched).last == .commit(2))
        _ = machine.apply(.committed)
        #expect(machine.record.running.slot == nil)
        #expect(machine.record.committed == 2)
    }

    @Test("a wish that changes nothing is taken at once")
    func sameContent() {
        var machine = Self.running()
        let wish = Wish(revision: 2, runsAlready: true)
        #expect(machine.apply(.desired(wish, retry: false)).last == .commit(2))
        #expect(machine.record.phase == .idle)
        #expect(machine.record.running.slot == .a)
        #expect(machine.record.running.revision == 2)
    }

    @Test("a record comes back as it was written, and a torn one is refused")
    func record() throws {
        let record = Self.after(Self.toProbation + [.unhealthy("it is ill")]).record
        #expect(try TransactionRecord.read(record.bytes) == record)
        for count in record.bytes.indices {
            #expect(throws: AgentProtocolFault.self) {
                try TransactionRecord.read(Array(record.bytes.prefix(count)))
            }
        }
    }
}
