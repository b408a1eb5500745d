import Basics
import HTTP
import Testing

@Suite("WebSocket", .timeLimit(.minutes(10))) struct WebSocketTests {
    private func pair() -> (server: WebSocket, client: WebSocket) {
        let (one, two) = MemoryStream.pair()
        return (WebSocket(one, role: .server), WebSocket(two, role: .client))
    }

    @Test("Messages go both ways, and a close is answered")
    func bothWays() async throws {
        let (server, client) = pair()
        try await client.send("hello")
        try await client.send(binary: [1, 2, 3])
        #expect(try await server.receive() == .text("hello"))
        #expect(try await server.receive() == .binary([1, 2, 3]))
        try await server.send("back")
        #expect(try await client.receive() == .text("back"))
        server.close(code: 1001, reason: "restarting")
        #expect(try await client.receive() == nil)
        #expect(client.closeReceived?.code == 1001)
        #expect(client.closeReceived?.reason == "restarting")
        #expect(try await server.receive() == nil)
        await #expect(throws: WebSocketFault.connection(.closed)) { try await client.send("x") }
        #expect(!server.trySend("x"))
    }

    @Test("A ping is answered with what it carried, and nobody sees it")
    func ping() async throws {
        let (server, client) = pair()
        client.ping()
        client.ping()
        try await client.send("after")
        #expect(try await server.receive() == .text("after"))
        try await server.send("done")
        #expect(try await client.receive() == .text("done"))
        #expect(client.pongCount == 2)
    }

    @Test("A violation is answered with its code, and ends the connection")
    func violation() async throws {
        let (one, two) = MemoryStream.pair()
        let server = WebSocket(one, role: .server)
        try await two.write([0xC1, 0x80, 0, 0, 0, 0])
        await #expect(throws: WebSocketFault.violation(code: 1002, reason: "reserved bit")) {
            try await server.receive()
        }
        let client = WebSocket(two, role: .client)
        #expect(try await client.receive() == nil)
        #expect(client.closeReceived?.code == 1002)
    }

    @Test("Whoever takes nothing is told so instead of filling the memory")
    func bounded() async throws {
        let (one, two) = MemoryStream.pair()
        let server = WebSocket(one, role: .server, maxQueued: .kibibytes(64))
        var sent = 0
        while sent < 1000, server.trySend(String(repeating: "x", count: 1000)) { sent += 1 }
        #expect(sent == 65)
        #expect(one.waiting <= 65_536)
        _ = try await two.read()
        #expect(server.trySend("again"))
    }

    @Test("A connection that breaks without a goodbye is an error")
    func broken() async {
        let (one, two) = MemoryStream.pair()
        let server = WebSocket(one, role: .server)
        two.finish()
        await #expect(throws: WebSocketFault.connection(.closed)) { try await server.receive() }
    }

    @Test("What came behind the handshake is not lost")
    func early() async throws {
        let (one, _) = MemoryStream.pair()
        let early = WebSocketFrameEncoder.frame(.text, Array("hi".utf8), mask: 0xA1B2_C3D4)
        let server = WebSocket(one, role: .server, early: early)
        #expect(try await server.receive() == .text("hi"))
    }
}

@Suite("WebSocket handshake") struct WebSocketHandshakeTests {
    private func head(_ change: (inout RequestHead) -> Void = { _ in }) throws -> RequestHead {
        var head = RequestHead(
            method: .get, target: try RequestTarget("/chat"),
            headers: [
                "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13",
                "sec-websocket-protocol": "mqtt, chat",
            ], upgrade: "websocket")
        change(&head)
        return head
    }

    @Test("The example of RFC 6455 §1.3 is accepted")
    func accepts() throws {
        let accepted = try WebSocketHandshake.accept(try head())
        #expect(accepted.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(accepted.protocols == ["mqtt", "chat"])
        let headers = WebSocketHandshake.headers(accepted, choosing: "mqtt")
        #expect(headers["sec-websocket-protocol"] == "mqtt")
    }

    @Test("What is no handshake is refused")
    func refuses() throws {
        func status(_ change: (inout RequestHead) -> Void) throws -> Int? {
            let head = try head(change)
            do {
                _ = try WebSocketHandshake.accept(head)
                return nil
            } catch { return error.status }
        }
        #expect(try status { $0.method = .post } == 400)
        #expect(try status { $0.upgrade = nil } == 400)
        #expect(try status { $0.framing = .length(1) } == 400)
        #expect(try status { $0.headers["sec-websocket-version"] = "8" } == 426)
        #expect(try status { $0.headers["sec-websocket-key"] = nil } == 400)
        #expect(try status { $0.headers["sec-websocket-key"] = "short" } == 400)
        #expect(
            try status { $0.headers.add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==") } == 400)
    }

    @Test("A client believes only a server that has read its key")
    func verifies() throws {
        let key = WebSocketHandshake.makeKey()
        #expect(key.utf8.count == 24)
        var head = ResponseHead(
            status: 101,
            headers: [
                "connection": "Upgrade", "upgrade": "WebSocket",
                "sec-websocket-accept": WebSocketHandshake.acceptValue(for: key),
                "sec-websocket-protocol": "chat",
            ])
        let chosen = try WebSocketHandshake.verify(head, key: key, protocols: ["mqtt", "chat"])
        #expect(chosen == "chat")
        #expect(throws: HTTPFault.self) {
            try WebSocketHandshake.verify(head, key: key, protocols: ["mqtt"])
        }
        #expect(throws: HTTPFault.self) {
            let other = WebSocketHandshake.makeKey()
            return try WebSocketHandshake.verify(head, key: other, protocols: ["chat"])
        }
        head.status = 200
        #expect(throws: HTTPFault.self) {
            try WebSocketHandshake.verify(head, key: key, protocols: ["chat"])
        }
    }

    @Test(
        "A key of any length gives what other implementations compute",
        arguments: [
            (0, "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="), (3, "ZFbottnoiLS1pUPyrLSMpzklDOQ="),
            (20, "dUYRM7bOMwDmbriNIPr11x+r3E0="), (27, "NCEiOv6lMC9mC8oEZnneqRdJ4DU="),
            (28, "xMWmCBqYJY4uXzUs8PNU1t+Pzro="), (55, "iWN0VM+agq9ZTgO8GxS5hu6xxNs="),
            (56, "Iq7A83F0VSZ4Z0FlSPnor0g0V7Y="),
        ])
    func digestLengths(count: Int, expected: String) {
        let key = String(repeating: "a", count: count)
        #expect(WebSocketHandshake.acceptValue(for: key) == expected)
    }
}
