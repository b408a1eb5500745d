import Basics
package import Domain
package import Store
import Synchronization

/// Attempts to enrol of whom nobody knows, in the audit trail: the first at once, and what follows
/// as one event a minute, however many there are and wherever they come from. What a token is named
/// by is no stranger's, and is written each time.
package final class StrangerJournal: Service {
    private struct State {
        /// When something was last written; `nil`: never.
        var written: Duration?
        var words: [String: Int] = [:]
        /// A few of them, for whoever wants to look.
        var addresses: Set<String> = []
        var count = 0
    }

    private static let pause = Duration.seconds(60)
    private static let mostAddresses = 8

    private let audit: AuditStore
    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())
    private let log = Log("enrolment")

    /// - Parameter elapsed: since the start of the appliance; nobody can set it.
    package init(audit: AuditStore, elapsed: (@Sendable () -> Duration)? = nil) {
        let steady = MonotonicClock()
        self.audit = audit
        self.elapsed = elapsed ?? { steady.elapsed }
    }

    /// - Parameter event: what is written where nothing was for a minute.
    package func note(_ event: AuditEvent, _ word: String, by actor: Actor) async {
        let now = elapsed()
        let isFirst = state.withLock { state in
            if state.count == 0, Self.isDue(state, now) {
                state.written = now
                return true
            }
            state.count += 1
            state.words[word, default: 0] += 1
            if state.addresses.count < Self.mostAddresses, let address = actor.address {
                state.addresses.insert(address)
            }
            return false
        }
        if isFirst { await write(event, by: actor) } else { await settle() }
    }

    private static func isDue(_ state: State, _ now: Duration) -> Bool {
        state.written.map { now - $0 >= pause } ?? true
    }

    /// Writes what was counted, if it is time.
    package func settle() async {
        let now = elapsed()
        let told = state.withLock { state -> State? in
            guard state.count > 0, Self.isDue(state, now) else { return nil }
            defer { state = State(written: now) }
            return state
        }
        guard let told else { return }
        let words = told.words.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
        let event = AuditEvent(
            kind: "enrolment.strangers",
            text: "\(told.count) more attempts to enrol were not let in "
                + "(\(words.joined(separator: ", "))), among others from "
                + told.addresses.sorted().joined(separator: ", "))
        await write(event, by: .nobody)
    }

    private func write(_ event: AuditEvent, by actor: Actor) async {
        do throws(StoreError) { try await audit.record(event, by: actor) } catch {
            log.error("attempts to enrol were not recorded: \(error)")
        }
    }

    package func run() async throws {
        while true {
            try await Task.sleep(for: Self.pause)
            await settle()
        }
    }
}
