import Basics
import Crypto
import LinesideTesting
import Net
import Testing

@Suite("TLS channel", .timeLimit(.minutes(10))) struct TLSChannelTests {
    let fixtures: CertificateFixtures
    let client: TLSClientConfiguration

    init() throws {
        fixtures = try CertificateFixtures()
        client = try TLSClientConfiguration(
            authority: fixtures.authority, protocols: ["http/1.1"])
    }

    private func material(_ name: String = "localhost") throws -> TLSConfiguration.Material {
        let identity = try fixtures.server(names: [name])
        return .pem(chain: identity.chain, key: identity.key)
    }

    @Test("Megabytes go both ways at once and arrive as they were sent")
    func bothWays() async throws {
        let configuration = try TLSConfiguration(try material())
        let pair = try await Pair(tls: (configuration, client))
        #expect(pair.server.security?.applicationProtocol == "http/1.1")
        let (near, far) = (ChannelRecorder(), ChannelRecorder())
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        await pair.group.loops[0].run {
            pair.client.start(near)
            pair.server.start(far)
            for start in stride(from: 0, to: bytes.count, by: 3_000) {
                pair.client.write(.bytes(Array(bytes[start..<min(start + 3_000, bytes.count)])))
            }
            pair.server.write(.bytes(bytes))
            pair.server.shutdownWrite()
        }
        #expect(await near.wait { $0.readEnded }.bytes == bytes)
        #expect(await far.wait { $0.count == bytes.count }.bytes == bytes)
        await pair.group.loops[0].run { pair.client.close() }
        #expect(await near.wait { $0.closed }.error == nil)
        await pair.end()
    }

    @Test("Both ends can compute the same secret, as long as the connection is there")
    func exporter() async throws {
        let pair = try await Pair(tls: (try TLSConfiguration(try material()), client))
        let ours = pair.server.security?.exporter("EXPORTER-Channel-Binding", 32)
        let theirs = pair.client.security?.exporter("EXPORTER-Channel-Binding", 32)
        #expect(ours?.count == 32)
        #expect(ours == theirs)
        await pair.group.loops[0].run { pair.client.abort(.aborted) }
        #expect(pair.client.security?.exporter("EXPORTER-Channel-Binding", 32) == nil)
        await pair.end()
    }

    @Test("A new certificate is for new connections; those that are there go on")
    func reload() async throws {
        let configuration = try TLSConfiguration(try material("first.plant"))
        let pair = try await Pair(
            tls: (configuration, client), serverName: "first.plant")
        try configuration.replace(try material("second.plant"))
        #expect(throws: NetError.self) {
            try configuration.replace(.pem(chain: [], key: []))
        }
        let again = try await pair.group.next().connect(
            to: .tcp(host: "127.0.0.1", port: pair.listener.port),
            tls: ConnectTLS(client, name: "second.plant"))
        #expect(again.isOpen)
        await #expect(throws: NetError.self) {
            try await pair.group.next().connect(
                to: .tcp(host: "127.0.0.1", port: pair.listener.port),
                tls: ConnectTLS(client, name: "first.plant"))
        }
        let far = ChannelRecorder()
        await pair.group.loops[0].run {
            pair.server.start(far)
            pair.client.write(.bytes(Array("still here".utf8)))
        }
        #expect(await far.wait { $0.count == 10 }.text == "still here")
        await pair.end()
    }

    @Test("Whoever connects and says nothing is sent away after 10 s")
    func handshakeTimeout() async throws {
        var options = EventLoop.Options()
        options.clock = .manual()
        let limits = ConnectionLimits()
        let group = try EventLoopGroup(options: options)
        let listener = try Listener(
            .tcp(host: "127.0.0.1", port: 0), loops: group.loops, limits: limits,
            tls: try TLSConfiguration(try material())
        ) { _ in Issue.record("a silent client was let in") }
        listener.start()
        let silent = try await group.next().connect(
            to: .tcp(host: "127.0.0.1", port: listener.port))
        let near = ChannelRecorder()
        await group.loops[0].run { silent.start(near) }
        await until { limits.count == 1 }
        // It is counted first; in the next turn its time has begun.
        await group.loops[0].run {}
        options.clock.advance(by: .seconds(9))
        await group.loops[0].run {}
        #expect(limits.count == 1)
        options.clock.advance(by: .seconds(1))
        #expect(await near.wait { $0.readEnded || $0.closed }.count == 0)
        await until { limits.count == 0 }
        await listener.stop()
        await group.shutdown()
    }

    @Test("Plain HTTP and noise on a TLS port end that connection and nothing else")
    func noise() async throws {
        let pair = try await Pair(tls: (try TLSConfiguration(try material()), client))
        let plain = try await pair.group.next().connect(
            to: .tcp(host: "127.0.0.1", port: pair.listener.port))
        let near = ChannelRecorder()
        await pair.group.loops[0].run {
            plain.start(near)
            plain.write(.bytes(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)))
        }
        _ = await near.wait { $0.readEnded || $0.closed }
        #expect(pair.server.isOpen)
        await pair.end()
    }

    @Test("A peer that goes without a word has cut its stream short")
    func truncation() async throws {
        let pair = try await Pair(tls: (try TLSConfiguration(try material()), client))
        let (near, far) = (ChannelRecorder(), ChannelRecorder())
        await pair.group.loops[0].run {
            pair.client.start(near)
            pair.server.start(far)
            pair.server.write(.bytes([1]))
        }
        // What is unread when a socket is closed would make a reset of it.
        _ = await near.wait { $0.count == 1 }
        await pair.group.loops[0].run { pair.client.abort(.aborted) }
        #expect(await far.wait { $0.closed }.error == .truncated)
        await pair.end()
    }
}
