package import Basics
import Synchronization

/// Whom secrets spoke for a moment ago, by the hashes of the secrets: a page asks ten things at
/// once. Worth nothing as soon as somebody's rights change, a session ends or a token goes
/// (`SecuritySignal`), and nothing after ten seconds, so that the time of last use goes on.
package final class RecentCallers<Found: Sendable>: Sendable {
    private struct Known {
        let found: Found
        let epoch: UInt64
        let until: Timestamp
    }

    private static var memory: Duration { .seconds(10) }
    private static var capacity: Int { 4_096 }

    private let signal: SecuritySignal?
    private let known = Mutex<[[UInt8]: Known]>([:])

    /// - Parameter signal: without one nothing is remembered.
    package init(signal: SecuritySignal?) { self.signal = signal }

    /// - Parameters:
    ///   - end: of the secret itself; it is not remembered past that.
    ///   - look: asks the database. What changes while it does so counts as after it.
    package func find<Failure: Error>(
        _ hash: [UInt8], now: Timestamp, end: (Found) -> Timestamp?,
        _ look: () async throws(Failure) -> Found?
    ) async throws(Failure) -> Found? {
        guard let signal else { return try await look() }
        let epoch = signal.epoch
        if let known = known.withLock({ $0[hash] }), known.epoch == epoch, now < known.until {
            return known.found
        }
        guard let found = try await look() else { return nil }
        let until = min(now + Self.memory, end(found) ?? .init(milliseconds: .max))
        known.withLock { known in
            // Strangers cannot fill it: only what was right is remembered.
            if known.count >= Self.capacity { known.removeAll() }
            known[hash] = Known(found: found, epoch: epoch, until: until)
        }
        return found
    }
}
