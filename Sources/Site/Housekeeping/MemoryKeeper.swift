import Basics
import Processes

/// Gives memory back when work is over: the start, a thousand devices that came at once, a large
/// deployment. What is used again comes back page by page; what is not stays away.
package actor MemoryKeeper: Service {
    private let executor = BlockingExecutor(label: "memory")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let clock: any SupervisorClock
    private var rest = RestWatch()

    /// 10 s: long enough that a pause in the middle of work does not count as its end.
    private static let interval = Duration.seconds(10)

    package init(clock: any SupervisorClock = MonotonicClock()) { self.clock = clock }

    package func run() async throws {
        while true {
            do { try await clock.sleep(Self.interval) } catch { return }
            if rest.isDue(ProcessMemory.processorTime, interval: Self.interval) {
                ProcessMemory.settle()
            }
        }
    }
}

/// When work is over, by the processor time that it took.
package struct RestWatch: Sendable {
    private var last: Duration?
    /// The start is work.
    private var hasWorked = true

    /// 2 % of one processor: more than watching and keeping a thousand connections alive takes.
    private static let idle = 0.02

    package init() {}

    /// - Parameters:
    ///   - used: processor time since the process began.
    ///   - interval: since the last call.
    /// - Returns: true for the first interval after work in which next to nothing was done. Rest
    ///   that follows rest has nothing to give back, and is left alone.
    package mutating func isDue(_ used: Duration, interval: Duration) -> Bool {
        defer { last = used }
        guard let last, used - last <= interval * Self.idle else {
            hasWorked = true
            return false
        }
        defer { hasWorked = false }
        return hasWorked
    }
}
