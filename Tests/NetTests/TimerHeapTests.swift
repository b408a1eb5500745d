import LinesideTesting
import Synchronization
import Testing

@testable import Net

@Suite("Timers", .timeLimit(.minutes(10))) struct TimerHeapTests {
    @Test("They come by deadline, equal ones as they were set, cancelled ones not at all")
    func order() {
        var heap = TimerHeap()
        var fired: [Int] = []
        var timers: [LoopTimer] = []
        var generator = Seeded(seed: 7)
        for index in 0..<500 {
            let deadline = LoopTime(nanoseconds: Int64(generator.next() % 50))
            let timer = LoopTimer(deadline: deadline) { fired.append(index) }
            timers.append(timer)
            heap.insert(timer)
        }
        let cancelled = Set((0..<500).filter { _ in generator.next() % 3 == 0 })
        for index in cancelled.shuffled(using: &generator) { heap.remove(timers[index]) }
        #expect(heap.count == 500 - cancelled.count)
        while let action = heap.popDue(LoopTime(nanoseconds: 50)) { action() }
        let expected = (0..<500).filter { !cancelled.contains($0) }
            .sorted { (timers[$0].deadline, $0) < (timers[$1].deadline, $1) }
        #expect(fired == expected)
        #expect(timers.allSatisfy { !$0.isPending })
    }

    @Test("A timer that is not due stays")
    func notDue() {
        var heap = TimerHeap()
        let timer = LoopTimer(deadline: LoopTime(nanoseconds: 10)) {}
        heap.insert(timer)
        let early = heap.popDue(LoopTime(nanoseconds: 9))
        #expect(early == nil)
        #expect(heap.earliest == timer.deadline)
        heap.remove(timer)
        heap.remove(timer)
        #expect(heap.count == 0)
    }

    @Test("A timer set in a timer of the same moment waits for the clock")
    func byClock() async throws {
        var options = EventLoop.Options()
        options.clock = .manual()
        let group = try EventLoopGroup(options: options)
        let loop = group.loops[0]
        let fired = Mutex<[Int]>([])
        await loop.run {
            _ = loop.schedule(after: .seconds(1)) {
                fired.withLock { $0.append(1) }
                _ = loop.schedule(after: .seconds(1)) { fired.withLock { $0.append(2) } }
            }
        }
        options.clock.advance(by: .milliseconds(999))
        await loop.run {}
        #expect(fired.withLock { $0 } == [])
        options.clock.advance(by: .milliseconds(1))
        await until { fired.withLock { !$0.isEmpty } }
        // It tells first and sets the other then: in the next turn both are done.
        await loop.run {}
        #expect(fired.withLock { $0 } == [1])
        options.clock.advance(by: .seconds(1))
        await until { fired.withLock { $0.count } == 2 }
        await group.shutdown()
    }

    @Test("The system's clock fires too")
    func bySystem() async throws {
        let group = try EventLoopGroup()
        let loop = group.loops[0]
        let fired = Mailbox<Int>()
        await loop.run {
            _ = loop.schedule(after: .milliseconds(2)) { fired.put(2) }
            _ = loop.schedule(after: .milliseconds(1)) { fired.put(1) }
        }
        #expect(await fired.take() == 1)
        #expect(await fired.take() == 2)
        await group.shutdown()
    }
}

/// The same numbers in each run (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
