import Basics
import Net
import Synchronization

/// A handler that keeps what it is told, and lets a test wait for it.
final class Recorder: ChannelHandler, Sendable {
    struct Seen: Sendable {
        var bytes: [UInt8] = []
        var count = 0
        var readEnded = false
        var drained = 0
        var closed = false
        var error: NetError?

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private struct State {
        var seen = Seen()
        var waiting: [(until: @Sendable (Seen) -> Bool, resume: CheckedContinuation<Seen, Never>)] =
            []
    }

    private let state = Mutex(State())
    private let keepsBytes: Bool
    private let onRead: (@Sendable (UnsafeRawBufferPointer) -> Void)?

    init(
        keepsBytes: Bool = true, onRead: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil
    ) {
        self.keepsBytes = keepsBytes
        self.onRead = onRead
    }

    var seen: Seen { state.withLock { $0.seen } }

    func wait(until condition: @escaping @Sendable (Seen) -> Bool) async -> Seen {
        await withCheckedContinuation { continuation in
            let done = state.withLock { state in
                if condition(state.seen) { return Seen?.some(state.seen) }
                state.waiting.append((condition, continuation))
                return nil
            }
            if let done { continuation.resume(returning: done) }
        }
    }

    private func note(_ change: (inout Seen) -> Void) {
        let (seen, ready) = state.withLock { state in
            change(&state.seen)
            let seen = state.seen
            let ready = state.waiting.filter { $0.until(seen) }
            state.waiting.removeAll { $0.until(seen) }
            return (seen, ready)
        }
        for waiter in ready { waiter.resume.resume(returning: seen) }
    }

    func channelRead(_ bytes: UnsafeRawBufferPointer) {
        onRead?(bytes)
        note {
            $0.count += bytes.count
            if keepsBytes { $0.bytes.append(contentsOf: bytes) }
        }
    }

    func channelReadEnded() { note { $0.readEnded = true } }
    func channelDrained() { note { $0.drained += 1 } }
    func channelClosed(_ error: NetError?) {
        note {
            $0.closed = true
            $0.error = error
        }
    }
}

/// Hands values from a loop to a waiting test, in order.
struct Mailbox<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Value.self) }

    func put(_ value: Value) { continuation.yield(value) }

    func take() async -> Value? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}

extension EventLoop {
    /// Runs `body` on the loop and waits for it.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            execute { continuation.resume(returning: body()) }
        }
    }
}

/// Two ends of one connection over loopback.
struct Pair: Sendable {
    let group: EventLoopGroup
    let listener: Listener
    let client: any ByteChannel
    let server: any ByteChannel

    init(
        _ options: EventLoop.Options = EventLoop.Options(),
        limits: ConnectionLimits = ConnectionLimits(),
        address: ListenAddress = .tcp(host: "127.0.0.1", port: 0),
        tls: (server: TLSConfiguration, client: TLSClientConfiguration)? = nil,
        serverName: String = "127.0.0.1"
    ) async throws {
        group = try EventLoopGroup(options: options)
        let accepted = Mailbox<any ByteChannel>()
        listener = try Listener(
            address, loops: group.loops, limits: limits, tls: tls?.server
        ) { accepted.put($0) }
        listener.start()
        let target: ConnectAddress =
            if case .unix(let path, _) = address { .unix(path: path) } else {
                .tcp(host: "127.0.0.1", port: listener.port)
            }
        client = try await group.next().connect(
            to: target, tls: tls.map { ConnectTLS($0.client, name: serverName) })
        guard let server = await accepted.take() else { throw NetError.aborted }
        self.server = server
    }

    func end() async {
        await listener.stop()
        await group.shutdown()
    }
}
