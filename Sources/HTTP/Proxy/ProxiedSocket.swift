import Synchronization

/// An upgraded connection that passes through the proxy.
package final class ProxiedSocket: Sendable {
    private struct State {
        var isClosed = false
        var onClose: [@Sendable () -> Void] = []
    }

    private let client: any ByteStream
    private let upstream: any ByteStream
    private let state = Mutex(State())

    init(client: any ByteStream, upstream: any ByteStream) {
        self.client = client
        self.upstream = upstream
    }

    /// Cuts both sides at once: there is no frame boundary in the middle of somebody's message.
    package func close() {
        client.abort()
        upstream.abort()
        ended()
    }

    /// Runs once, when the connection has ended, whoever ended it; at once if it has.
    package func onClose(_ action: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            if !state.isClosed { state.onClose.append(action) }
            return state.isClosed
        }
        if now { action() }
    }

    func ended() {
        let actions = state.withLock { state in
            defer {
                state.isClosed = true
                state.onClose = []
            }
            return state.onClose
        }
        for action in actions { action() }
    }
}
