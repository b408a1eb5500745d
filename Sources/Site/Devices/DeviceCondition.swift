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

        fileprivate var bit: UInt16 {
            switch self {
            case .online: 1
            case .offline: 2
            case .faulty: 4
            case .updating: 8
            case .developer: 16
            case .expiring: 32
            case .attention: 64
            case .revoked: 128
            case .unenrolled: 256
            }
        }
    }

    /// 30 days: devices renew when a third of the life is left, so one that did not has been away
    /// or was refused.
    package static let soon = Duration.seconds(30 * 86_400)

    /// Bits and no set: ten thousand are made for one list, on the thread that answers.
    private let bits: UInt16
    private let state: String

    package init(_ head: DeviceHead, _ facts: DeviceFacts, now: Timestamp) {
        state = facts.state
        guard head.isEnrolled else {
            bits = Word.unenrolled.bit
            return
        }
        if head.revokedAt != nil {
            bits = Word.revoked.bit
            return
        }
        var bits = facts.isConnected ? Word.online.bit : Word.offline.bit
        switch DevicePhase(rawValue: facts.phase) ?? .idle {
        case .failed, .inconsistent: bits |= Word.faulty.bit
        case .idle, .commit: break
        case .fetch, .verify, .stage, .waiting, .switch, .probation, .rollback:
            bits |= Word.updating.bit
        }
        if facts.state == DeviceState.updating.rawValue { bits |= Word.updating.bit }
        // Of one that is away nobody knows how it is now.
        if facts.isConnected, Self.troubles.contains(facts.state) { bits |= Word.faulty.bit }
        if head.mode == .developer { bits |= Word.developer.bit }
        if let end = head.notAfter, end < now + Self.soon { bits |= Word.expiring.bit }
        if bits & (Word.offline.bit | Word.faulty.bit | Word.expiring.bit) != 0 {
            bits |= Word.attention.bit
        }
        self.bits = bits
    }

    package func contains(_ word: Word) -> Bool { bits & word.bit != 0 }

    package var words: Set<Word> { Set(Word.allCases.filter(contains)) }

    /// - Parameter text: one of `Word`, or a state as agents name it.
    package func `is`(_ text: String) -> Bool {
        Word(rawValue: text).map(contains) ?? (state == text)
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
        for word in DeviceCondition.Word.allCases where condition.contains(word) {
            counts[word, default: 0] += 1
        }
    }

    package subscript(word: DeviceCondition.Word) -> Int { counts[word] ?? 0 }
}
