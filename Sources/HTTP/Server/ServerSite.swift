import Basics
import Net
import Synchronization

/// What the connections of one server share.
final class ServerSite: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: ServerConnection] = [:]
        var isDraining = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let limits: HTTPLimits
    let log: Log
    let forward: Forwarder
    private let state = Mutex(State())

    init(limits: HTTPLimits, log: Log, forward: @escaping Forwarder) {
        self.limits = limits
        self.log = log
        self.forward = forward
    }

    /// For browsers that were given `http://`.
    static let speakTLS: [UInt8] = {
        let text = "This port speaks HTTPS: put https:// in front of the address.\n"
        return Array(
            ("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Content-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n\(text)").utf8)
    }()

    var isDraining: Bool { state.withLock { $0.isDraining } }
    var connections: [ServerConnection] { state.withLock { Array($0.connections.values) } }

    func add(_ connection: ServerConnection) {
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
    }

    func remove(_ connection: ServerConnection) {
        let waiters = state.withLock { state in
            state.connections[ObjectIdentifier(connection)] = nil
            guard state.connections.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func beginDraining() { state.withLock { $0.isDraining = true } }

    /// Returns when no connection is left.
    func waitUntilEmpty() async {
        await withCheckedContinuation { waiter in
            let isEmpty = state.withLock { state in
                if !state.connections.isEmpty { state.waiters.append(waiter) }
                return state.connections.isEmpty
            }
            if isEmpty { waiter.resume() }
        }
    }
}
