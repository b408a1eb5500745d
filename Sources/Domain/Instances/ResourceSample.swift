package import Basics

/// What an instance used at a moment; taken every 10 s.
package struct ResourceSample: Sendable, Equatable {
    package var at: Timestamp
    /// Resident set, in bytes.
    package var rss: Int64
    /// In bytes; `nil` where the runtime did not say.
    package var heapUsed: Int64?
    /// Of one core, since the sample before.
    package var cpuPercent: Double
    /// Longest delay of the event loop since the sample before.
    package var lagMilliseconds: Double?

    package init(
        at: Timestamp, rss: Int64, heapUsed: Int64?, cpuPercent: Double, lagMilliseconds: Double?
    ) {
        self.at = at
        self.rss = rss
        self.heapUsed = heapUsed
        self.cpuPercent = cpuPercent
        self.lagMilliseconds = lagMilliseconds
    }
}
