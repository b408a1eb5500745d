package import Basics

/// What a connection may cost. The defaults suit a plant's server; tests shorten the timers.
package struct HTTPLimits: Sendable {
    /// Request line, header lines and the empty line together, in bytes.
    package var maxHead = 16_384
    package var maxHeaders = 100
    package var maxTarget = 8_192
    /// Requests read ahead of the one that is being answered.
    package var maxPipelined = 16
    /// Bytes held for a reader or a writer before the other side is made to wait.
    package var highWater = ByteCount.kibibytes(256)

    /// From the first byte of a head to its last.
    package var headTimeout = Duration.seconds(10)
    /// Between two requests.
    package var idleTimeout = Duration.seconds(75)
    /// The other side takes nothing although there is something to take.
    package var writeStall = Duration.seconds(60)
    /// A body slower than this, counted over `bodyRateWindow`, is given up.
    package var bodyMinBytesPerSecond = 512
    package var bodyRateWindow = Duration.seconds(20)

    package var maxConnections = 8_192
    package var maxConnectionsPerAddress = 512

    package init() {}
}
