import Site
import Testing

@Suite("Memory keeper") struct MemoryKeeperTests {
    private static let interval = Duration.seconds(10)

    /// What the watch says to one interval after the other, by the processor time of each.
    private func verdicts(_ milliseconds: [Int]) -> [Bool] {
        var watch = RestWatch()
        var used = Duration.zero
        return milliseconds.map {
            used += .milliseconds($0)
            return watch.isDue(used, interval: Self.interval)
        }
    }

    @Test("Memory is given back once after the start, when that is over")
    func start() {
        #expect(verdicts([900, 5, 5, 5]) == [false, true, false, false])
        #expect(verdicts([900, 700, 300, 5, 5]) == [false, false, false, true, false])
    }

    @Test("It is given back after work, and not while it lasts")
    func work() {
        #expect(
            verdicts([100, 5, 4_000, 3_000, 100, 100]) == [false, true, false, false, true, false])
    }

    @Test("What watching and a thousand idle connections take is no work")
    func idle() {
        #expect(verdicts([100, 150, 199, 200, 120]) == [false, true, false, false, false])
    }
}
