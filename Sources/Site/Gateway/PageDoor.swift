import Basics
package import Crypto
package import Domain
import Synchronization

/// Who may open the pages of one instance by a name and password or by a token. Right answers are
/// remembered for a minute, since scrypt on each image of a page would be a way to stop the site;
/// wrong ones are counted for each address.
package final class PageDoor: Sendable {
    package enum Verdict: Sendable, Equatable {
        case open, refused
        case throttled(seconds: Int)
    }

    private struct State {
        var right: [[UInt8]: ContinuousClock.Instant] = [:]
        var wrong: [String: (count: Int, until: ContinuousClock.Instant)] = [:]
    }

    /// 20 wrong answers a minute and address: typing errors pass, guessing does not.
    private static let wrongLimit = 20
    private static let window = Duration.seconds(60)
    private static let capacity = 4096

    private let hasher: PasswordHasher
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    package init(
        hasher: PasswordHasher,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.hasher = hasher
        self.now = now
    }

    /// - Parameter authorization: the header as it came.
    package func basic(
        _ authorization: String?, for instance: Instance.ID, expected: InstanceSettings.PageBasic,
        address: String
    ) async -> Verdict {
        guard let authorization, authorization.lowercased().hasPrefix("basic ") else {
            return .refused
        }
        let now = self.now()
        let key = Digest.sha256(
            Array("\(instance.text) \(expected.passwordHash) \(authorization)".utf8))
        let seconds = state.withLock { state -> Int? in
            if let until = state.right[key], until > now { return 0 }
            guard let wrong = state.wrong[address], wrong.until > now,
                wrong.count >= Self.wrongLimit
            else { return nil }
            return Int(now.duration(to: wrong.until).components.seconds) + 1
        }
        if let seconds { return seconds == 0 ? .open : .throttled(seconds: seconds) }
        guard let bytes = Base64URL.decode(String(authorization.dropFirst(6))),
            let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return .refused }
        let nameMatches = Secrecy.equal(Array(text[..<colon].utf8), Array(expected.name.utf8))
        let password = String(text[text.index(after: colon)...])
        do {
            let matches = try await hasher.verify(password, expected.passwordHash)
            return note(matches && nameMatches, key: key, address: address, now)
        } catch { return .throttled(seconds: 1) }
    }

    private func note(
        _ right: Bool, key: [UInt8], address: String, _ now: ContinuousClock.Instant
    ) -> Verdict {
        state.withLock { state in
            if state.right.count > Self.capacity { state.right.removeAll() }
            if state.wrong.count > Self.capacity { state.wrong.removeAll() }
            if right {
                state.right[key] = now + Self.window
                return .open
            }
            let before = state.wrong[address].flatMap { $0.until > now ? $0 : nil }
            state.wrong[address] = ((before?.count ?? 0) + 1, before?.until ?? now + Self.window)
            return .refused
        }
    }
}
