import Site
import Synchronization

/// Time that passes when a test says so.
package final class FleetClock: SupervisorClock {
    private let now = Mutex(Duration.zero)

    package init() {}

    package var elapsed: Duration { now.withLock { $0 } }
    package func pass(_ duration: Duration) { now.withLock { $0 += duration } }
    /// Ends with the task.
    package func sleep(_ duration: Duration) async throws {
        try await Task.sleep(for: .seconds(3_600))
    }
}
