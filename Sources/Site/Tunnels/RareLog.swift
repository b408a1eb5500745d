import Basics
import Synchronization

/// Says a thing that may happen to a thousand devices at once a few times a minute at most.
final class RareLog: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var unsaid = 0
    }

    /// 10 s: often enough to be seen, too rare to fill a disk.
    private static let pause = Duration.seconds(10)

    private let state = Mutex(State())

    func warn(_ log: Log, _ text: @autoclosure () -> String) {
        let unsaid = state.withLock { state -> Int? in
            let now = ContinuousClock.now
            if let last = state.last, now - last < Self.pause {
                state.unsaid += 1
                return nil
            }
            defer { (state.last, state.unsaid) = (now, 0) }
            return state.unsaid
        }
        guard let unsaid else { return }
        log.warning(unsaid == 0 ? text() : "\(text()) (and \(unsaid) others like it)")
    }
}
