import Basics
import HTTP
import LinesideTesting
import Testing

@Suite("Proxy and WebSockets", .timeLimit(.minutes(10))) struct ProxyUpgradeTests {
    @Test("A WebSocket passes through, and ends on both sides when its session does")
    func splice() async throws {
        let server = try TestUpstream { wire, _ in
            let head = try await wire.head()
            try await wire.write(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: x\r\nSet-Cookie: __Host-lineside=evil\r\n\r\nearly")
            while let bytes = try await wire.stream.read() { try await wire.stream.write(bytes) }
            _ = head
            wire.stream.finish()
        }
        for closesItself in [false, true] {
            let sockets = Signal<ProxiedSocket>()
            let ended = Signal<Void>()
            let policy = ProxyPolicy(onWebSocket: { socket in
                socket.onClose { ended.send() }
                sockets.send(socket)
            })
            let response = await Proxy(client: server.client).forward(
                try Passed.request(
                    .get, "/comms", ["sec-websocket-key": "k", "connection": "Upgrade"],
                    upgrade: "websocket"),
                to: server.upstream, policy: policy)
            guard case .upgrade(let headers, let run) = response else { throw Wire.Gone() }
            #expect(headers == ["sec-websocket-accept": "x", "upgrade": "websocket"])
            let (browser, inside) = MemoryStream.pair()
            let running = Task { await run(inside) }
            let wire = Wire(browser)
            #expect(try await wire.bytes(5) == Array("early".utf8))
            try await wire.write("hello")
            #expect(try await wire.bytes(5) == Array("hello".utf8))
            let socket = try await sockets.wait()
            if closesItself { browser.finish() } else { socket.close() }
            try await ended.wait()
            await running.value
            #expect(browser.isAborted == !closesItself)
            // Too late is at once.
            socket.onClose { ended.send() }
            try await ended.wait()
        }
        await server.end()
    }

    @Test("An upgrade that the instance refuses is an answer like others")
    func refusedUpgrade() async throws {
        let server = try TestUpstream { wire, _ in
            try await wire.reply("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
        }
        let answer = try await Passed.collect(
            await Proxy(client: server.client).forward(
                try Passed.request(.get, "/comms", upgrade: "websocket"), to: server.upstream,
                policy: ProxyPolicy()))
        #expect(answer.status == 401)
        #expect(answer.body == "no")
        await server.end()
    }
}
