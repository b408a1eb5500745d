/// Slows down whoever guesses, by account and by address, with growing delays. Somebody who signed
/// in before from the same device or address is counted apart, so that a stranger who guesses at a
/// name cannot keep its owner out.
package struct LoginThrottle: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// Who tries. `device`: the browser proved that this account signed in on it before.
    package struct Attempt: Sendable, Hashable {
        package var account: String
        package var address: String
        package var device: Bool

        package init(account: String, address: String, device: Bool = false) {
            self.account = account
            self.address = ClientNetwork.of(address)
            self.device = device
        }

        /// For people: what is no user name is not repeated.
        package var shownAccount: String {
            account.isEmpty || account.hasPrefix("\u{0}") ? "…" : account
        }
    }

    private struct Entry {
        var failures: Int
        var last: Instant
    }

    private enum Key: Hashable {
        case account(String)
        case address(String)
        case known(String, String)
        case device(String)

        /// Failures without a delay: a person's typing errors; of an address, a whole office's.
        var free: Int {
            switch self {
            case .account, .known: 5
            case .device: 10
            case .address: 20
            }
        }
    }

    /// 5 min: long for a guesser, short for who waits at a machine.
    private static let longest = 300
    /// 15 min without a failure and all is forgotten.
    private static let memory = Duration.seconds(900)
    /// Bounds what strangers can make us remember.
    private static let capacity = 10_000

    private var entries: [Key: Entry] = [:]
    private var known: [Attempt: Instant] = [:]

    package init() {}

    /// Counts the attempt as failed before the password is looked at, so that many at once count
    /// as many.
    /// - Returns: `nil`: go on; else how long to wait before another is even looked at.
    package mutating func begin(_ attempt: Attempt, at now: Instant) -> Duration? {
        let keys = keys(of: attempt)
        let waits = keys.compactMap { key -> Duration? in
            guard let entry = entries[key], entry.last + Self.memory > now else { return nil }
            let end = entry.last + Self.delay(after: entry.failures, free: key.free)
            return end > now ? end - now : nil
        }
        if let longest = waits.max() { return longest }
        makeRoom(at: now)
        for key in keys {
            let failures = entries[key].map { $0.last + Self.memory > now ? $0.failures : 0 } ?? 0
            entries[key] = Entry(failures: failures + 1, last: now)
        }
        return nil
    }

    /// It was the right password.
    package mutating func succeeded(_ attempt: Attempt, at now: Instant) {
        for key in keys(of: attempt) {
            // Others behind the same address keep their count.
            if case .address = key { forgive(key) } else { entries[key] = nil }
        }
        if known.count >= Self.capacity { known.removeAll() }
        known[Attempt(account: attempt.account, address: attempt.address)] = now
    }

    /// Nobody looked at the password: the server was busy.
    package mutating func undo(_ attempt: Attempt) { keys(of: attempt).forEach { forgive($0) } }

    private mutating func forgive(_ key: Key) {
        guard let entry = entries[key] else { return }
        entries[key] =
            entry.failures > 1 ? Entry(failures: entry.failures - 1, last: entry.last) : nil
    }

    private func keys(of attempt: Attempt) -> [Key] {
        if attempt.device { return [.device(attempt.account)] }
        let plain = Attempt(account: attempt.account, address: attempt.address)
        if known[plain] != nil { return [.known(attempt.account, attempt.address)] }
        return [.account(attempt.account), .address(attempt.address)]
    }

    private mutating func makeRoom(at now: Instant) {
        guard entries.count >= Self.capacity else { return }
        entries = entries.filter { $0.value.last + Self.memory > now }
        guard entries.count >= Self.capacity else { return }
        // All of them recent: an attack. The mildest go; those that are slowed down stay.
        let mildest = entries.sorted { $0.value.failures < $1.value.failures }
        for (key, _) in mildest.prefix(Self.capacity / 10) { entries[key] = nil }
    }

    /// 1, 2, 4 … s after the free failures are used up.
    private static func delay(after failures: Int, free: Int) -> Duration {
        guard failures >= free else { return .zero }
        return .seconds(min(1 << min(failures - free, 20), longest))
    }
}
