package import Basics
package import Net
import Synchronization

/// How a request is passed on; the answer is what the upstream's became.
package typealias Forwarder = @Sendable (Request, Upstream, ProxyPolicy) async -> Response

/// HTTP/1.1 on any number of sockets, plain or TLS.
package final class HTTPServer: Sendable {
    /// Takes over connections under one of the protocols that ALPN settles on.
    package typealias Alternative = @Sendable (any ByteChannel) -> Void

    /// HTTP/1.1, with and without a certificate of the client.
    private static let spoken: Set<String> = ["http/1.1", "lineside-http/1"]

    private let group: EventLoopGroup
    private let site: ServerSite
    private let counts: ConnectionLimits
    private let listeners = Mutex<[Listener]>([])

    /// - Parameter forward: answers `.proxy`; without it that is a 502.
    package init(
        group: EventLoopGroup, limits: HTTPLimits = HTTPLimits(), log: Log = Log("http"),
        forward: @escaping Forwarder = { _, _, _ in
            .problem(.upstream("This server passes nothing on."))
        }
    ) {
        self.group = group
        site = ServerSite(limits: limits, log: log, forward: forward)
        counts = ConnectionLimits(
            total: limits.maxConnections, perAddress: limits.maxConnectionsPerAddress)
    }

    /// - Parameter alternatives: by ALPN name, for connections that are not HTTP.
    /// - Parameter owner: see `ConnectionLimits`.
    /// - Returns: the port that was got; 0 on a Unix socket.
    package func listen(
        _ address: ListenAddress, tls: TLSConfiguration? = nil,
        alternatives: [String: Alternative] = [:],
        owner: @escaping Listener.Ownership = { _ in nil }, handler: @escaping Handler
    ) throws(NetError) -> Int {
        let site = site
        let listener = try Listener(
            address, loops: group.loops, limits: counts, tls: tls,
            plainAnswer: ServerSite.speakTLS, log: site.log, owner: owner
        ) { channel in
            if let name = channel.security?.applicationProtocol {
                if let other = alternatives[name] { return other(channel) }
                // One certificate serves sockets that do not speak all that it offers.
                guard Self.spoken.contains(name) else { return channel.abort(.aborted) }
            }
            let connection = ServerConnection(channel, site: site, handler: handler)
            site.add(connection)
            connection.start()
            if site.isDraining { connection.drain() }
        }
        listeners.withLock { $0.append(listener) }
        listener.start()
        return Int(listener.port)
    }

    package var connectionCount: Int { counts.count }
    /// Connections that were turned away because there were too many.
    package var refusals: ConnectionLimits.Refusals { counts.refusals }

    /// Accepts nothing more, lets answers under way come to their end, tells WebSockets to go
    /// (1001), and cuts what is left at the deadline. Returns when all connections are gone.
    package func drain(deadline: Duration) async {
        let stopping = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for listener in stopping { await listener.stop() }
        // What was accepted and handed to a loop has begun its handshake there.
        await everyLoop()
        site.beginDraining()
        for connection in site.connections {
            connection.loop.execute { connection.drain() }
        }
        let loop = group.loops[0]
        let site = site
        loop.execute {
            _ = loop.schedule(after: deadline) {
                for connection in site.connections {
                    connection.loop.execute { connection.channel.abort(.aborted) }
                }
            }
        }
        await site.waitUntilEmpty()
        guard deadline > .zero else { return }
        // They come in as connections, and one that takes longer has taken too long.
        let end = ContinuousClock.now + min(deadline, ServerConnection.firstRequest)
        while counts.opening > 0, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(5))
        }
        // One whose handshake has just ended is a connection when that turn is over.
        await everyLoop()
        await site.waitUntilEmpty()
    }

    /// Returns when each loop has had a turn.
    private func everyLoop() async {
        for loop in group.loops {
            await withCheckedContinuation { turn in loop.execute { turn.resume() } }
        }
    }
}
