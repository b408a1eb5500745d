package import Basics
import Domain
package import Store

/// How a device stands, in the words that lists and overviews sort by. Several may fit.
package struct DeviceCondition: Sendable, Equatable {
    /// The words that `is` understands beside those of agents.
    package enum Word: String, Sendable, CaseIterable {
        case online, offline
        /// Its Node-RED or its last update is in trouble.
        case faulty
        case updating
        /// Somebody works on it: no snapshot reaches it.
        case developer
        /// Its certificate ends soon, and it has not renewed it.
        case expiring
        /// A person should look.
        case attention
        case revoked
        case unenrolled
    }

    /// 30 days: devices renew when a third of the life is left, so one that did not has been away
    /// or was refused.
    package static let soon = Duration.seconds(30 * 86_400)

    package let words: Set<Word>
    private let state: String

    package init(_ head: DeviceHead, _ facts: DeviceFacts, now: Timestamp) {
        state = facts.state
        guard head.isEnrolled else {
            words = [.unenrolled]
            return
        }
        if head.revokedAt != nil {
            words = [.revoked]
            return
        }
        var words: Set<Word> = [facts.isConnected ? .online : .offline]
        let phase = DevicePhase(rawValue: facts.phase) ?? .idle
        switch phase {
        case .failed, .inconsistent: words.insert(.faulty)
        case .idle, .commit: break
        case .fetch, .verify, .stage, .waiting, .switch, .probation, .rollback:
            words.insert(.updating)
        }
        if facts.state == DeviceState.updating.rawValue { words.insert(.updating) }
        // Of one that is away nobody knows how it is now.
        if facts.isConnected, Self.troubles.contains(facts.state) { words.insert(.faulty) }
        if head.mode == .developer { words.insert(.developer) }
        if let end = head.notAfter, end < now + Self.soon { words.insert(.expiring) }
        if !words.isDisjoint(with: [.offline, .faulty, .expiring]) { words.insert(.attention) }
        self.words = words
    }

    /// - Parameter text: one of `Word`, or a state as agents name it.
    package func `is`(_ text: String) -> Bool {
        if let word = Word(rawValue: text) { return words.contains(word) }
        return state == text
    }

    private static let troubles: Set<String> = [
        DeviceState.unhealthy.rawValue, DeviceState.backingOff.rawValue,
        DeviceState.safe.rawValue, DeviceState.crashed.rawValue, DeviceState.error.rawValue,
    ]
}

/// How many of them stand how.
package struct DeviceTally: Sendable, Equatable {
    package private(set) var total = 0
    private var counts: [DeviceCondition.Word: Int] = [:]

    package init() {}

    package mutating func add(_ condition: DeviceCondition) {
        total += 1
        for word in condition.words { counts[word, default: 0] += 1 }
    }

    package subscript(word: DeviceCondition.Word) -> Int { counts[word] ?? 0 }
}
