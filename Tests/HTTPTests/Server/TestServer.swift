import Basics
import HTTP
import LinesideTesting
import Net

/// A server on a free port with a loop of its own, and a loop for its clients.
struct TestServer: Sendable {
    let group: EventLoopGroup
    let clients: EventLoopGroup
    let server: HTTPServer
    let port: Int
    let clock: LoopClock
    let tls: ConnectTLS?

    /// Its timers go by a clock that stands until it is moved.
    init(
        limits: HTTPLimits = HTTPLimits(), tls: TLSConfiguration? = nil,
        client: ConnectTLS? = nil, log: Log = Log("http") { _, _ in },
        configure: (inout EventLoop.Options) -> Void = { _ in },
        forward: @escaping Forwarder = { _, _, _ in .empty(502) },
        handler: @escaping Handler
    ) throws {
        var options = EventLoop.Options.standing
        clock = options.clock
        configure(&options)
        group = try EventLoopGroup(options: options)
        clients = try EventLoopGroup(options: .standing)
        server = HTTPServer(group: group, limits: limits, log: log, forward: forward)
        port = try server.listen(.tcp(host: "127.0.0.1", port: 0), tls: tls, handler: handler)
        self.tls = client
    }

    var loop: EventLoop { group.loops[0] }

    func connect(keepsBytes: Bool = true, reads: Bool = true) async throws -> RawClient {
        try await RawClient(
            port: port, on: clients.next(), tls: tls, keepsBytes: keepsBytes, reads: reads)
    }

    /// One connection, all that comes back on it.
    func answer(to bytes: String) async throws -> String {
        let client = try await connect()
        await client.send(bytes)
        return await client.untilEnd()
    }

    func end() async {
        await server.drain(deadline: .zero)
        await group.shutdown()
        await clients.shutdown()
    }
}

/// The status of each answer in a stream of them.
func statuses(_ text: String) -> [Int] {
    text.split(separator: "HTTP/1.1 ", omittingEmptySubsequences: false).dropFirst()
        .compactMap { Int($0.prefix(3)) }
}
