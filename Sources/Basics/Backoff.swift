/// Pauses that double up to a limit, each shortened at random by up to half, so that many that
/// failed together do not come back together.
package struct Backoff: Sendable, Equatable {
    package let first: Duration
    package let limit: Duration

    package init(first: Duration, limit: Duration) {
        self.first = first
        self.limit = limit
    }

    /// - Parameter attempt: 1 for the first pause.
    /// - Parameter jitter: 0…1; 0 is the whole pause, 1 half of it.
    package func pause(attempt: Int, jitter: Double) -> Duration {
        let doublings = Swift.min(Swift.max(attempt - 1, 0), 30)
        let whole = Swift.min(first * (1 << doublings), limit)
        return whole * (1 - jitter / 2)
    }
}
