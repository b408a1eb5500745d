import Basics
import HTTP
import Net
import Testing

/// Browser, server, proxy and instance in one row, over real sockets.
@Suite("Proxy behind the server", .timeLimit(.minutes(10))) struct ProxyServerTests {
    private struct House {
        let instance: TestUpstream
        let server: HTTPServer
        let front: Upstream
        /// As a browser, with connections of its own.
        let browser: HTTPClient

        init(
            policy: ProxyPolicy = ProxyPolicy(), _ script: @escaping TestUpstream.Script
        ) throws {
            instance = try TestUpstream(script)
            let proxy = Proxy(client: instance.client)
            server = HTTPServer(group: instance.group) { request, upstream, policy in
                await proxy.forward(request, to: upstream, policy: policy)
            }
            let upstream = instance.upstream
            let port = try server.listen(.tcp(host: "127.0.0.1", port: 0)) { _ in
                .proxy(upstream, policy)
            }
            front = .tcp(host: "127.0.0.1", port: UInt16(port))
            browser = HTTPClient(group: instance.group)
        }

        func end() async {
            await server.drain(deadline: .zero)
            await instance.end()
        }
    }

    @Test("Requests and answers of every framing go through, over one connection each side")
    func framings() async throws {
        let house = try House { wire, _ in
            while true {
                let head = try await wire.head()
                if head.hasPrefix("HEAD") {
                    try await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
                } else if head.hasPrefix("DELETE") {
                    try await wire.write("HTTP/1.1 204 No Content\r\n\r\n")
                } else if head.hasPrefix("PUT") {
                    let body = try await wire.bytes(4)
                    try await wire.answer(String(decoding: body, as: UTF8.self))
                } else {
                    try await wire.write(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
                    )
                }
            }
        }
        for _ in 0..<3 {
            let got = try await house.browser.send(.get, "/a", to: house.front)
            #expect(String(decoding: got.body, as: UTF8.self) == "body")
            let head = try await house.browser.send(.head, "/a", to: house.front)
            #expect(head.head.headers["content-length"] == "9")
            let put = try await house.browser.send(
                .put, "/a", body: Array("four".utf8), to: house.front)
            #expect(String(decoding: put.body, as: UTF8.self) == "four")
            let gone = try await house.browser.send(.delete, "/a", to: house.front)
            #expect(gone.head.status == 204)
        }
        #expect(house.instance.connections == 1)
        #expect(house.server.connectionCount == 1)
        await house.end()
    }

    @Test("A WebSocket goes through, frames untouched")
    func webSocket() async throws {
        let house = try House { wire, _ in
            let socket = try await wire.acceptWebSocket()
            while let message = try await socket.receive() {
                if case .binary(let bytes) = message { try await socket.send(binary: bytes) }
            }
        }
        let socket = try await house.browser.webSocket("/comms", to: house.front)
        for count in [0, 1, 125, 126, 70_000, 1_000_000] {
            let bytes = [UInt8](repeating: UInt8(count & 0xFF), count: count)
            try await socket.send(binary: bytes)
            #expect(try await socket.receive() == .binary(bytes))
        }
        socket.close()
        #expect(try await socket.receive() == nil)
        await house.end()
    }

    @Test("The registry closes a WebSocket under its user's hands")
    func kicked() async throws {
        let sockets = Signal<ProxiedSocket>()
        let policy = ProxyPolicy(onWebSocket: { sockets.send($0) })
        let ended = Signal<Void>()
        let house = try House(policy: policy) { wire, _ in
            _ = try await wire.acceptWebSocket()
            await wire.ended()
            ended.send()
        }
        let socket = try await house.browser.webSocket("/comms", to: house.front)
        try await sockets.wait().close()
        await #expect(throws: WebSocketFault.self) { try await socket.receive() }
        try await ended.wait()
        await house.end()
    }

    @Test("A browser that goes while the instance still thinks takes the request along")
    func goneEarly() async throws {
        let asked = Signal<Void>()
        let cut = Signal<Void>()
        let house = try House { wire, _ in
            _ = try await wire.head()
            asked.send()
            await wire.ended()
            cut.send()
        }
        let task = Task { try await house.browser.send(.get, "/", to: house.front) }
        try await asked.wait()
        task.cancel()
        await #expect(throws: ClientFault.self) { try await task.value }
        try await cut.wait()
        await house.end()
    }

    @Test("An answer whose framing is broken from the start is refused before it begins")
    func brokenFraming() async throws {
        let house = try House { wire, _ in
            _ = try await wire.head()
            try await wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        }
        let got = try await house.browser.send(.get, "/", to: house.front)
        #expect(got.head.status == 502)
        await house.end()
    }

    @Test("An instance that dies in the middle of an answer leaves a broken one, not a short one")
    func brokenAnswer() async throws {
        let house = try House { wire, _ in
            _ = try await wire.head()
            try await wire.write(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
            wire.stream.close()
        }
        await #expect(throws: ClientFault.incomplete) {
            try await house.browser.send(.get, "/", to: house.front)
        }
        await house.end()
    }
}
