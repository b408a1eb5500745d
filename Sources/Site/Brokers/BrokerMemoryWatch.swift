import Domain

/// Judges whether the broker's memory is being filled: by its own count, and by the retained
/// messages that the plugin refuses. Pure.
struct BrokerMemoryWatch {
    struct Refusals: Sendable, Equatable {
        /// Since the broker's start.
        var count: Int
        /// Whose it was last.
        var user: String
    }

    enum Verdict: Equatable {
        case raise(AlarmKind, String)
        case clear(AlarmKind)
    }

    /// From three quarters on a person must look; below five eighths it is over.
    private static let high = BrokerConfiguration.memoryLimit / 4 * 3
    private static let low = BrokerConfiguration.memoryLimit / 8 * 5
    /// 10 min: so long refused messages are worth a look.
    private static let memory = Duration.seconds(600)

    /// `nil` before the first look: an alarm may be one that a former start has raised.
    private var isHigh: Bool?
    private var refused: Refusals?
    private var refusedAt: ContinuousClock.Instant?

    mutating func see(
        heap: Int?, refusals: Refusals?, _ now: ContinuousClock.Instant
    ) -> [Verdict] {
        var verdicts: [Verdict] = []
        if let heap {
            if heap >= Self.high, isHigh != true {
                isHigh = true
                verdicts.append(
                    .raise(
                        .brokerMemory,
                        "The broker uses \(heap >> 20) MB of the \(Self.limit) MB that it may have, "
                            + "and turns everybody away when they are full: find who keeps large "
                            + "retained messages, or sessions that nobody reads."))
            } else if heap < Self.low, isHigh != false {
                isHigh = false
                verdicts.append(.clear(.brokerMemory))
            }
        }
        let since = refusedAt ?? now
        refusedAt = since
        if let refusals, refusals != refused {
            refused = refusals
            refusedAt = now
            verdicts.append(
                .raise(
                    .brokerRetained,
                    "The broker keeps no more retained messages of “\(refusals.user)”: it has as "
                        + "many as one client, or all together, may have. Have it publish without "
                        + "“retain”, or empty topics that nobody needs."))
        } else if now - since > Self.memory {
            refusedAt = now
            verdicts.append(.clear(.brokerRetained))
        }
        return verdicts
    }

    private static let limit = BrokerConfiguration.memoryLimit >> 20
}
