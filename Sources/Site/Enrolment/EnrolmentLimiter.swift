import Basics

/// How many attempts of one address, in IPv6 of one network, may fail: thirty at once, then one
/// every ten seconds. What succeeds costs nothing and is never kept waiting, so that a thousand
/// devices behind one address come in whatever else is behind it. Guessing is no way in all the
/// same: secrets have 100 bits and more, one-time codes 49 for one day.
package struct EnrolmentLimiter: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private static let burst = 30
    private static let pause = Duration.seconds(10)
    /// Bounds what strangers can make us remember.
    private static let capacity = 10_000

    /// When the address has paid for all its failures.
    private var paid: [String: Instant] = [:]

    /// Addresses of which it was told already that they try too often.
    private var told: Set<String> = []

    package init() {}

    /// - Returns: whether nobody was told yet, since it last failed in peace.
    private mutating func isNews(_ address: String) -> Bool {
        if told.count >= Self.capacity { told.removeAll() }
        return told.insert(ClientNetwork.of(address)).inserted
    }

    /// - Returns: seconds to wait; `nil`: go on.
    package func wait(_ address: String, at now: Instant) -> Int? {
        guard let end = paid[ClientNetwork.of(address)] else { return nil }
        let over = end - now - Self.pause * (Self.burst - 1)
        return over > .zero ? Int(over.components.seconds) + 1 : nil
    }

    /// - Returns: seconds that the address has to wait, and whether that is news; `nil`: it has
    ///   failed, and may try again.
    package mutating func failed(
        _ address: String, at now: Instant
    ) -> (seconds: Int, isNews: Bool)? {
        if let seconds = wait(address, at: now) { return (seconds, isNews(address)) }
        count(ClientNetwork.of(address), at: now)
        return nil
    }

    private mutating func count(_ address: String, at now: Instant) {
        if paid.count >= Self.capacity, paid[address] == nil {
            paid = paid.filter { $0.value > now }
            // All of them recent: those that owe least go.
            if paid.count >= Self.capacity {
                for (key, _) in paid.sorted(by: { $0.value < $1.value }).prefix(1_000) {
                    paid[key] = nil
                }
            }
        }
        told.remove(address)
        paid[address] = max(paid[address] ?? now, now) + Self.pause
    }
}
