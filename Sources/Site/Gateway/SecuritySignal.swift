import Synchronization

/// Says that what somebody may do has changed: a session ended, a role was taken, a user disabled.
/// Raised by the store after the commit, so that no route can forget it; whoever remembers a
/// permission asks again.
package final class SecuritySignal: Sendable {
    private struct State {
        var epoch: UInt64 = 0
        var listeners: [UInt64: AsyncStream<UInt64>.Continuation] = [:]
        var nextListener: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Rises with each change; what was learnt in an earlier epoch is worth nothing.
    package var epoch: UInt64 { state.withLock { $0.epoch } }

    package func raise() {
        let (epoch, listeners) = state.withLock { state in
            state.epoch += 1
            return (state.epoch, Array(state.listeners.values))
        }
        for listener in listeners { listener.yield(epoch) }
    }

    /// The epochs from now on; several at once count as the last.
    package func changes() -> AsyncStream<UInt64> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: UInt64.self, bufferingPolicy: .bufferingNewest(1))
        let key = state.withLock { state in
            state.nextListener += 1
            state.listeners[state.nextListener] = continuation
            return state.nextListener
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: key) }
        }
        return stream
    }
}
