import HTTP
import Net
import Synchronization

/// A server for one test: every connection runs the script with its number, from 1.
final class TestUpstream: Sendable {
    typealias Script = @Sendable (_ wire: Wire, _ connection: Int) async throws -> Void

    let group: EventLoopGroup
    let clock: LoopClock
    let client: HTTPClient
    private let listener: Listener
    private let count: Counter

    /// The clock of its loop stands until the test moves it: no limit of time on a slow machine.
    init(_ script: @escaping Script) throws {
        var options = EventLoop.Options()
        options.clock = .manual()
        clock = options.clock
        let group = try EventLoopGroup(options: options)
        self.group = group
        let count = Counter()
        self.count = count
        listener = try Listener(
            .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: ConnectionLimits()
        ) { channel in
            let number = count.next()
            let stream = ChannelStream(channel)
            stream.start()
            let wire = Wire(stream)
            Task {
                do { try await script(wire, number) } catch { wire.stream.abort() }
            }
        }
        listener.start()
        client = HTTPClient(group: group)
    }

    var upstream: Upstream { .tcp(host: "127.0.0.1", port: listener.port) }
    var connections: Int { count.value }

    /// Moves the clock once the loop has done what it was asked to do.
    func advance(by duration: Duration) async {
        await withCheckedContinuation { waiting in
            group.loops[0].execute { waiting.resume() }
        }
        clock.advance(by: duration)
    }

    func end() async {
        await listener.stop()
        await group.shutdown()
    }
}

final class Counter: Sendable {
    private let state = Mutex(0)
    var value: Int { state.withLock { $0 } }
    @discardableResult func next() -> Int { add(1) }
    @discardableResult func add(_ count: Int) -> Int {
        state.withLock { value in
            value += count
            return value
        }
    }
}

/// A connection as a script sees it. One task at a time.
final class Wire: @unchecked Sendable {
    struct Gone: Error {}

    let stream: any ByteStream
    private var input: [UInt8] = []

    init(_ stream: any ByteStream) { self.stream = stream }

    /// The next request head, as it came.
    func head() async throws -> String {
        while true {
            if let end = Self.endOfHead(input) {
                defer { input.removeFirst(end) }
                return String(decoding: input[..<end], as: UTF8.self)
            }
            guard let bytes = try await stream.read() else { throw Gone() }
            input += bytes
        }
    }

    func bytes(_ count: Int) async throws -> [UInt8] {
        while input.count < count {
            guard let bytes = try await stream.read() else { throw Gone() }
            input += bytes
        }
        defer { input.removeFirst(count) }
        return Array(input[..<count])
    }

    func write(_ text: String) async throws { try await stream.write(Array(text.utf8)) }

    func answer(_ body: String, _ fields: String = "") async throws {
        let head = "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n"
        try await write(head + body)
    }

    /// Reads a request, says this, and stays until the other side goes.
    func reply(_ text: String) async throws {
        _ = try await head()
        try await write(text)
        await ended()
    }

    /// Reads a request for a WebSocket and grants it.
    /// - Parameter first: said in the same piece as the answer.
    func acceptWebSocket(
        choosing name: String? = nil, saying first: [UInt8] = []
    ) async throws -> WebSocket {
        let text = try await head()
        var parser = RequestParser()
        let head = try Array(text.utf8).withUnsafeBytes { try parser.feed($0).head }
        guard let head else { throw Gone() }
        let accepted = try WebSocketHandshake.accept(head)
        try await stream.write(
            try HeadWriter.response(
                101, headers: WebSocketHandshake.headers(accepted, choosing: name),
                framing: .none, connection: .upgrade("websocket")) + first)
        return WebSocket(stream, role: .server)
    }

    /// Returns when the other side has ended or broken the connection.
    func ended() async {
        while let bytes = try? await stream.read(), !bytes.isEmpty {}
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for end in 4...bytes.count where bytes[end - 4..<end].elementsEqual("\r\n\r\n".utf8) {
            return end
        }
        return nil
    }
}

/// Something that happens once and that a test waits for.
final class Signal<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Value.self) }

    private let sent = Counter()
    /// How often something was sent.
    var count: Int { sent.value }

    func send(_ value: Value) {
        sent.next()
        continuation.yield(value)
    }

    /// The next value that was sent.
    func wait() async throws -> Value {
        var iterator = stream.makeAsyncIterator()
        guard let value = await iterator.next() else { throw Wire.Gone() }
        return value
    }
}

extension Signal where Value == Void {
    func send() { send(()) }
}
