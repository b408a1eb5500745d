import LinesideTesting
import Net

/// Two ends of one connection over loopback.
struct Pair: Sendable {
    let group: EventLoopGroup
    let listener: Listener
    let client: any ByteChannel
    let server: any ByteChannel

    init(
        _ options: EventLoop.Options = .standing,
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
