import Basics
import HTTP
import LinesideTesting
import Testing

@Suite("HTTP client", .timeLimit(.minutes(10))) struct HTTPClientTests {
    @Test("Requests go one after the other over one connection")
    func keepsAlive() async throws {
        let heads = Signal<String>()
        let server = try TestUpstream { wire, _ in
            while true {
                heads.send(try await wire.head())
                try await wire.answer("pong")
            }
        }
        for _ in 0..<3 {
            let answer = try await server.client.send(.get, "/ping?x=1", to: server.upstream)
            #expect(answer.head.status == 200)
            #expect(answer.body == Array("pong".utf8))
            #expect(server.client.idleCount == 1)
        }
        #expect(server.connections == 1)
        let head = try await heads.wait()
        #expect(head.hasPrefix("GET /ping?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"))
        await server.end()
    }

    @Test("A body is sent with its length")
    func sendsBody() async throws {
        let server = try TestUpstream { wire, _ in
            let head = try await wire.head()
            let body = try await wire.bytes(5)
            try await wire.answer(head + String(decoding: body, as: UTF8.self))
        }
        let answer = try await server.client.send(
            .put, "/x", headers: ["X-A": "b"], body: Array("hello".utf8), to: server.upstream)
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.contains("X-A: b\r\n") && text.contains("Content-Length: 5\r\n"))
        #expect(text.hasSuffix("\r\n\r\nhello"))
        await server.end()
    }

    @Test(
        "Bodies of every framing come out whole",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 1),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
                "hello", 1
            ),
            ("HTTP/1.1 200 OK\r\n\r\nhello", "hello", 0),
            ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 0),
            ("HTTP/1.1 204 No Content\r\n\r\n", "", 1),
            (
                "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", 1
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n", "x", 0),
        ])
    func framings(answer: String, body: String, idle: Int) async throws {
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.write(answer)
            if idle == 0 { wire.stream.finish() }
            await wire.ended()
        }
        let response = try await server.client.send(.get, "/", to: server.upstream)
        #expect(String(decoding: response.body, as: UTF8.self) == body)
        // A connection on which more came than was asked for is of no more use.
        #expect(server.client.idleCount == idle)
        await server.end()
    }

    @Test("HEAD has no body whatever its head announces")
    func head() async throws {
        let server = try TestUpstream { wire, _ in
            while true {
                _ = try await wire.head()
                try await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            }
        }
        for _ in 0..<2 {
            let answer = try await server.client.send(.head, "/", to: server.upstream)
            #expect(answer.head.headers["content-length"] == "100")
            #expect(answer.body.isEmpty)
        }
        #expect(server.connections == 1)
        await server.end()
    }

    @Test("A waiting connection that turns out dead is replaced, once, where nothing happens twice")
    func retries() async throws {
        let asked = Counter()
        let server = try TestUpstream { wire, connection in
            _ = try await wire.head()
            asked.next()
            try await wire.answer("first")
            guard connection % 2 == 1 else { return await wire.ended() }
            // The second request is read, and the connection breaks without an answer.
            _ = try await wire.head()
            asked.next()
            wire.stream.abort()
        }
        _ = try await server.client.send(.get, "/", to: server.upstream)
        let second = try await server.client.send(.get, "/", to: server.upstream)
        #expect(second.body == Array("first".utf8))
        #expect(server.connections == 2)
        #expect(asked.value == 3)
        await server.end()
    }

    @Test("A request that could do something twice is not repeated")
    func doesNotRetry() async throws {
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.answer("first")
            _ = try await wire.head()
            wire.stream.abort()
        }
        _ = try await server.client.send(.get, "/", to: server.upstream)
        await #expect(throws: ClientFault.incomplete) {
            try await server.client.send(.post, "/", to: server.upstream)
        }
        _ = try await server.client.send(.get, "/", to: server.upstream)
        await #expect(throws: ClientFault.incomplete) {
            try await server.client.send(.put, "/", body: [1], to: server.upstream)
        }
        #expect(server.connections == 2)
        await server.end()
    }

    @Test("A first connection that breaks is not tried again")
    func freshFailure() async throws {
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            wire.stream.abort()
        }
        await #expect(throws: ClientFault.incomplete) {
            try await server.client.send(.get, "/", to: server.upstream)
        }
        #expect(server.connections == 1)
        await server.end()
    }

    @Test(
        "An answer that is none, or not whole, is an error",
        arguments: [
            ("SSH-2.0-OpenSSH_9.2\r\n", nil),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", nil),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", nil),
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", nil),
            (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20), nil),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", .incomplete),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", .incomplete),
            ("HTTP/1.1 200 OK\r\nContent-Le", .incomplete),
            ("", .incomplete),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"
                    + String(repeating: "x", count: 2000), .tooLarge
            ),
        ] as [(String, ClientFault?)])
    func broken(answer: String, expected: ClientFault?) async throws {
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.write(answer + (answer.hasPrefix("SSH") ? "\r\n" : ""))
            wire.stream.close()
        }
        do {
            _ = try await server.client.send(.get, "/", to: server.upstream, limit: ByteCount(1000))
            Issue.record("an answer came out of it")
        } catch {
            if let expected {
                #expect(error == expected)
            } else if case .malformed = error {
            } else {
                Issue.record("unexpected: \(error)")
            }
        }
        #expect(server.client.idleCount == 0)
        await server.end()
    }

    @Test("Where nobody listens nobody is reached")
    func unreachable() async throws {
        let port = try SilentPort()
        let gone = Upstream.tcp(host: "127.0.0.1", port: port.number)
        let other = try TestUpstream { _, _ in }
        do {
            _ = try await other.client.send(.get, "/", to: gone)
            Issue.record("somebody answered")
        } catch {
            guard case .unreachable = error else { throw error }
        }
        await other.end()
    }

    @Test("A WebSocket is opened, used and closed")
    func webSocket() async throws {
        let server = try TestUpstream { wire, _ in
            let socket = try await wire.acceptWebSocket(
                choosing: "chat",
                saying: WebSocketFrameEncoder.frame(.text, Array("hi".utf8), mask: nil))
            while let message = try await socket.receive() {
                if case .text(let text) = message { try await socket.send("echo \(text)") }
            }
        }
        let socket = try await server.client.webSocket(
            "/comms", protocols: ["chat"], to: server.upstream)
        #expect(try await socket.receive() == .text("hi"))
        try await socket.send("x")
        #expect(try await socket.receive() == .text("echo x"))
        socket.close()
        #expect(try await socket.receive() == nil)
        await server.end()
    }

    @Test("A server that does not upgrade is no WebSocket")
    func notUpgraded() async throws {
        let server = try TestUpstream { wire, _ in
            try await wire.reply("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
        }
        await #expect(throws: ClientFault.notUpgraded(status: 401)) {
            _ = try await server.client.webSocket("/", to: server.upstream)
        }
        await server.end()
    }
}
