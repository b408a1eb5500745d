import Basics
import Crypto
import Synchronization

/// Codes that carry a signed-in browser from one origin to another: single use, 30 s, bound to
/// whatever `Grant` says. Kept in memory: a restart voids them, and the page asks for a new one.
package final class OneTimeCodes<Grant: Sendable>: Sendable {
    private struct Entry {
        let grant: Grant
        let expiresAt: ContinuousClock.Instant
    }

    /// 30 s: enough for a form to be submitted over a slow link, too short to be carried away.
    package static var life: Duration { .seconds(30) }
    /// 1,000: more than every engineer of a plant at once; a flood throws out the oldest first.
    private static var capacity: Int { 1000 }

    private let entries = Mutex<[[UInt8]: Entry]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameter now: a clock that a wrong or jumping wall clock does not touch.
    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        self.now = now
    }

    package func issue(_ grant: Grant) -> String {
        let code = Randomness.secret()
        let moment = now()
        entries.withLock { entries in
            entries = entries.filter { $0.value.expiresAt > moment }
            if entries.count >= Self.capacity,
                let oldest = entries.min(by: { $0.value.expiresAt < $1.value.expiresAt })
            {
                entries[oldest.key] = nil
            }
            entries[Digest.sha256(Array(code.utf8))] = Entry(
                grant: grant, expiresAt: moment + Self.life)
        }
        return code
    }

    /// Uses the code up, also when it has expired. Looked up by digest, so timing tells nothing.
    package func redeem(_ code: String) -> Grant? {
        let digest = Digest.sha256(Array(code.utf8))
        let moment = now()
        return entries.withLock { entries in
            guard let entry = entries.removeValue(forKey: digest), entry.expiresAt > moment else {
                return nil
            }
            return entry.grant
        }
    }
}
