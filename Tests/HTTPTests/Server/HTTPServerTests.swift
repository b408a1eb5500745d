import Basics
import Crypto
import HTTP
import LinesideTesting
import Net
import Synchronization
import Testing

private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

@Suite("HTTP server", .timeLimit(.minutes(10))) struct HTTPServerTests {
    @Test("Draining lets an answer end, closes what is idle and takes nothing new")
    func drain() async throws {
        let (begun, gate) = (Mailbox<Void>(), Mailbox<Void>())
        let server = try TestServer { request in
            guard request.target.path == "/slow" else { return .empty() }
            begun.put(())
            _ = await gate.take()
            return .text("done")
        }
        let idle = try await server.connect()
        await idle.send(get)
        _ = await idle.until("\r\n\r\n")
        let busy = try await server.connect()
        await busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = await begun.take()
        async let drained: Void = server.server.drain(deadline: .seconds(30))
        #expect(statuses(await idle.untilEnd()) == [204])
        await #expect(throws: NetError.refused) { try await server.connect() }
        gate.put(())
        let text = await busy.untilEnd()
        #expect(text.hasSuffix("done"))
        #expect(text.contains("Connection: close"))
        await drained
        #expect(server.server.connectionCount == 0)
        await server.end()
    }

    @Test("Who came in just before is answered, and who says nothing is not waited for")
    func drainNewcomer() async throws {
        let server = try TestServer { _ in .empty() }
        let newcomer = try await server.connect()
        let silent = try await server.connect()
        await until { server.server.connectionCount == 2 }
        async let drained: Void = server.server.drain(deadline: .seconds(30))
        while (try? await server.connect()) != nil {}
        await newcomer.send(get)
        let text = await newcomer.untilEnd()
        #expect(statuses(text) == [204])
        #expect(text.contains("Connection: close"))
        while server.server.connectionCount > 0 {
            server.clock.advance(by: .seconds(1))
            await server.loop.run {}
        }
        await drained
        #expect(await silent.untilEnd() == "")
        await server.end()
    }

    @Test("What does not come to an end by itself is cut at the deadline")
    func drainDeadline() async throws {
        let begun = Mailbox<Void>()
        let server = try TestServer { _ in
            begun.put(())
            // Longer than the test: ends by cancellation only.
            try? await Task.sleep(for: .seconds(3_600))
            return .empty()
        }
        let client = try await server.connect()
        await client.send(get)
        _ = await begun.take()
        async let drained: Void = server.server.drain(deadline: .seconds(5))
        _ = await client.recorder.wait { _ in true }
        while server.server.connectionCount > 0 {
            server.clock.advance(by: .seconds(5))
            await server.loop.run {}
        }
        await drained
        #expect(client.recorder.seen.count == 0)
        await server.end()
    }

    @Test("A WebSocket is told that the server stops")
    func drainWebSocket() async throws {
        let server = try TestServer { _ in
            .webSocket(protocol: nil) { socket in
                while (try? await socket.receive()) ?? nil != nil {}
            }
        }
        let client = try await server.connect()
        await client.send(
            "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        let head = await client.until("\r\n\r\n").utf8.count
        async let drained: Void = server.server.drain(deadline: .seconds(30))
        let frame = await client.recorder.wait { $0.count >= head + 4 }.bytes.dropFirst(head)
        #expect(Array(frame.prefix(1) + frame.dropFirst(2).prefix(2)) == [0x88, 0x03, 0xE9])
        await client.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE9])
        await client.finish()
        await drained
        await server.end()
    }

    @Test("One connection that floods does not keep the others waiting")
    func flood() async throws {
        let served = Mutex<[String: Int]>([:])
        let server = try TestServer { request in
            served.withLock { $0[request.target.path, default: 0] += 1 }
            return .text("<\(request.target.path)>")
        }
        let flooder = try await server.connect(keepsBytes: false)
        // 100,000 requests in one go.
        let requests = String(
            repeating: "GET /flood HTTP/1.1\r\nHost: h\r\n\r\n", count: 100_000)
        await flooder.send(requests)
        await until { served.withLock { $0["/flood", default: 0] } > 100 }
        // Ten others, one after the other: each needs a few turns, in each of which the flood gets
        // its sixteen requests.
        // Both numbers of one turn: on the loop nothing moves between the two.
        @Sendable func count() -> (served: Int, turns: Int) {
            (served.withLock { $0["/flood", default: 0] }, server.loop.counters.turns)
        }
        let before = await server.loop.run { count() }
        for index in 0..<10 {
            let client = try await server.connect()
            await client.send("GET /\(index) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(await client.until(">").contains("</\(index)>"))
            await client.abort()
        }
        let after = await server.loop.run { count() }
        #expect(after.served - before.served <= 16 * (after.turns - before.turns + 2))
        await flooder.abort()
        await server.end()
    }

    @Test("A handler that blocks the loop is counted and logged")
    func blocked() async throws {
        let lines = Mutex<[String]>([])
        let log = Log("net") { _, line in lines.withLock { $0.append(line) } }
        let server = try TestServer(configure: { $0.log = log }) { request in
            if request.target.path == "/block" { spin(for: .milliseconds(60)) }
            return .empty()
        }
        let client = try await server.connect()
        await client.send("GET /block HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = await client.until("\r\n\r\n")
        await server.loop.run {}
        #expect(server.loop.counters.slowTurns >= 1)
        #expect(lines.withLock { $0.contains { $0.contains("stood still") } })
        await server.end()
    }

    @Test("More connections than allowed are turned away, and counted")
    func caps() async throws {
        var limits = HTTPLimits()
        limits.maxConnectionsPerAddress = 3
        let server = try TestServer(limits: limits) { _ in .empty() }
        var clients: [RawClient] = []
        for _ in 0..<3 {
            let client = try await server.connect()
            await client.send(get)
            _ = await client.until("\r\n\r\n")
            clients.append(client)
        }
        let extra = try await server.connect()
        await extra.send(get)
        #expect(statuses(await extra.untilEnd()) == [])
        #expect(server.server.refusals.count == 1)
        await clients[0].abort()
        await until { server.server.connectionCount == 2 }
        let again = try await server.connect()
        await again.send(get)
        #expect(statuses(await again.until("\r\n\r\n")) == [204])
        await server.end()
    }

    @Test("Over TLS a handler sees name, certificate and keying material of its connection")
    func tls() async throws {
        let fixtures = try CertificateFixtures()
        let identity = try fixtures.server()
        var options = TLSConfiguration.Options()
        options.protocols = ["lineside-http/1", "http/1.1"]
        options.certificateProtocols = ["lineside-http/1"]
        options.clientAuthority = fixtures.authority
        let tls = try TLSConfiguration(
            .pem(chain: identity.chain, key: identity.key), options: options)
        let client = try TLSClientConfiguration(
            authority: fixtures.authority, protocols: ["lineside-http/1"],
            identity: try fixtures.client("press-4"))
        let server = try TestServer(
            tls: tls, client: ConnectTLS(client, name: "localhost")
        ) { request in
            let subject = request.peer.certificate.flatMap { try? Certificate(der: $0) }?.subject
            let name = request.peer.applicationProtocol ?? "-"
            let secret = await request.peer.exporter("EXPORTER-Test", 16) ?? []
            let client = request.peer.client
            guard client?.commonName == subject, client?.serial.utf8.count == 32 else {
                return .text("what the certificate says is not what is seen of it end")
            }
            return .text("\(subject ?? "-") \(name) \(request.secure) \(secret) end")
        }
        let connection = try await server.connect()
        await connection.send(get)
        let text = await connection.until(" end")
        let secret = connection.channel.security?.exporter("EXPORTER-Test", 16) ?? []
        #expect(secret.count == 16)
        #expect(text.contains("press-4 lineside-http/1 true \(secret) end"))

        // Another certificate, while this connection goes on.
        let other = try fixtures.server(names: ["other.plant"], addresses: [])
        try tls.replace(.pem(chain: other.chain, key: other.key))
        await connection.send(get)
        #expect(statuses(await connection.until(" end", times: 2)) == [200, 200])
        await #expect(throws: NetError.self) { try await server.connect() }
        await server.end()
    }

    @Test("Whoever speaks plain HTTP to a TLS port is told so")
    func plain() async throws {
        let identity = try CertificateFixtures().server()
        let tls = try TLSConfiguration(.pem(chain: identity.chain, key: identity.key))
        let server = try TestServer(tls: tls) { _ in .empty() }
        let text = try await server.answer(to: get)
        #expect(statuses(text) == [400])
        #expect(text.contains("https://"))
        let noise = try await server.answer(to: "\u{1}noise\r\n\r\n")
        #expect(!noise.contains("HTTP"))
        await server.end()
    }

    @Test("A connection under another protocol goes to who speaks it")
    func alternative() async throws {
        let fixtures = try CertificateFixtures()
        let identity = try fixtures.server()
        var options = TLSConfiguration.Options()
        options.protocols = ["lineside-mqtt/1", "http/1.1"]
        let tls = try TLSConfiguration(
            .pem(chain: identity.chain, key: identity.key), options: options)
        let (group, server) = try (
            EventLoopGroup(options: .standing),
            HTTPServer(group: EventLoopGroup(options: .standing))
        )
        let taken = Mailbox<any ByteChannel>()
        let port = try server.listen(
            .tcp(host: "127.0.0.1", port: 0), tls: tls,
            alternatives: ["lineside-mqtt/1": { taken.put($0) }]
        ) { _ in .empty() }
        let client = try TLSClientConfiguration(
            authority: fixtures.authority, protocols: ["lineside-mqtt/1"])
        let device = try await RawClient(
            port: port, on: group.next(), tls: ConnectTLS(client, name: "127.0.0.1"))
        #expect(await taken.take()?.security?.applicationProtocol == "lineside-mqtt/1")
        await device.abort()
        // The same certificate on a socket behind which nobody speaks that.
        let other = try server.listen(.tcp(host: "127.0.0.1", port: 0), tls: tls) { _ in .empty() }
        let lost = try await RawClient(
            port: other, on: group.next(), tls: ConnectTLS(client, name: "127.0.0.1"))
        await lost.send(get)
        #expect(await lost.untilEnd() == "")
        await server.drain(deadline: .zero)
        await group.shutdown()
    }
}

/// Computes for that long, as no handler should.
private func spin(for duration: Duration) {
    let clock = ContinuousClock()
    let end = clock.now + duration
    while clock.now < end {}
}
