import Domain
import Synchronization

/// What has happened to devices since somebody looked last, put together; and one timer.
final class News: Sendable {
    enum Portion: Sendable, Equatable {
        case all
        /// Maybe none: a timer has run out.
        case devices([Device.ID])
    }

    private struct State {
        var isAll = false
        var ids: Set<Device.ID> = []
        var timer: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() {
        (signals, signal) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func tell(_ ids: [Device.ID]) {
        guard !ids.isEmpty else { return }
        state.withLock { $0.ids.formUnion(ids) }
        signal.yield()
    }

    /// Nothing has happened, and there is more to do.
    func goOn() { signal.yield() }

    func tellAll() {
        state.withLock { $0.isAll = true }
        signal.yield()
    }

    /// Replaces the timer.
    func wake(after pause: Duration) {
        let signal = signal
        let timer = Task {
            try? await Task.sleep(for: pause)
            if !Task.isCancelled { signal.yield() }
        }
        let former = state.withLock { state in
            defer { state.timer = timer }
            return state.timer
        }
        former?.cancel()
    }

    /// `nil` once the calling task is cancelled.
    func next() async -> Portion? {
        for await _ in signals {
            return state.withLock { state in
                defer {
                    state.isAll = false
                    state.ids = []
                }
                return state.isAll ? .all : .devices(Array(state.ids))
            }
        }
        state.withLock { $0.timer }?.cancel()
        return nil
    }
}
