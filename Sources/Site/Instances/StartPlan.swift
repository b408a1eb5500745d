/// A start that has been prepared: what to run, and how it will be known.
package struct StartPlan: Sendable, Equatable {
    package var executable: String
    package var arguments: [String]
    package var environment: [String]
    package var layout: InstanceLayout
    package var port: Int
    /// Path that answers a probe.
    package var alivePath: String
    /// Stands in each event of this process, and in its answer to a probe.
    package var nonce: String
    package var isSafe: Bool
    package var memoryLimitMB: Int
    package var cpuLimitPercent: Int?
}
