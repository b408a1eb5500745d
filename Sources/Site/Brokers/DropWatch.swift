/// Whether the broker loses messages, from its own count of them. Pure.
struct DropWatch: Sendable {
    enum Verdict: Sendable, Equatable {
        /// So many since the broker's start.
        case raise(Int)
        case clear
    }

    /// 10 min: so long a loss of messages is worth a look.
    static let memory = Duration.seconds(600)

    private var count: Int?
    /// When some were lost last. Before the first count somebody may have: what a former start of the
    /// appliance has raised ends like everything else.
    private var lostAt: ContinuousClock.Instant?

    mutating func see(_ new: Int, _ now: ContinuousClock.Instant) -> Verdict? {
        let old = count
        count = new
        guard let old else {
            lostAt = now
            return nil
        }
        // A broker that was started anew counts from zero.
        if new > (new < old ? 0 : old) {
            lostAt = now
            return .raise(new)
        }
        guard let at = lostAt, now - at > Self.memory else { return nil }
        lostAt = nil
        return .clear
    }
}
