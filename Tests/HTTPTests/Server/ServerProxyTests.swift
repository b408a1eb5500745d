import Basics
import HTTP
import LinesideTesting
import Net
import Testing

/// The server's `.proxy` in front of another server, both for real.
@Suite("Server as a proxy", .timeLimit(.minutes(10))) struct ServerProxyTests {
    private struct House {
        let upstream: TestServer
        let front: TestServer

        init(to other: UInt16? = nil, _ handler: @escaping Handler) throws {
            let upstream = try TestServer(handler: handler)
            self.upstream = upstream
            let port = other ?? UInt16(upstream.port)
            let proxy = Proxy(client: HTTPClient(group: upstream.clients))
            front = try TestServer(
                forward: { await proxy.forward($0, to: $1, policy: $2) },
                handler: { _ in .proxy(.tcp(host: "127.0.0.1", port: port), ProxyPolicy()) })
        }

        func end() async {
            await front.end()
            await upstream.end()
        }
    }

    @Test("Requests, bodies and answers of every framing pass, and connections are kept")
    func passes() async throws {
        let house = try House { request in
            var count = 0
            while let part = (try? await request.body.next()) ?? nil { count += part.count }
            let told = "<\(request.method.text) \(request.target.raw) \(count)>"
            if request.target.path == "/stream" {
                return .stream(status: 200, headers: [:], length: nil) { writer in
                    try await writer.write(Array(told.utf8))
                }
            }
            return .text(told)
        }
        let client = try await house.front.connect()
        await client.send("GET /a?b=%20 HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(await client.until(">").contains("<GET /a?b=%20 0>"))
        await client.send("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        #expect(await client.until(">", times: 2).contains("<PUT /b 3>"))
        await client.send(
            "POST /stream HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n0\r\n\r\n")
        #expect(await client.until(">", times: 3).contains("<POST /stream 5>"))
        await client.send("HEAD /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(statuses(await client.untilEnd()) == [200, 200, 200, 200])
        await house.end()
    }

    @Test("200 MB go up and come down, and neither side holds more than its share")
    func megabytes() async throws {
        let size = 200 << 20
        let house = try House { request in
            var count = 0
            while let part = (try? await request.body.next()) ?? nil { count += part.count }
            let total = count
            return .stream(status: 200, headers: [:], length: Int64(total)) { writer in
                let part = [UInt8](repeating: 1, count: 1 << 20)
                for _ in 0..<(total / part.count) { try await writer.write(part) }
            }
        }
        let client = try await house.front.connect(keepsBytes: false)
        await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
        let part = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<200 { await client.send(part) }
        #expect(await client.recorder.wait { $0.count > size || $0.closed }.count > size)
        await client.abort()
        await house.end()
    }

    @Test("A WebSocket passes in both directions and ends with either side")
    func webSocket() async throws {
        let house = try House { _ in
            .webSocket(protocol: nil) { socket in
                while let message = (try? await socket.receive()) ?? nil {
                    if case .text(let text) = message { try? await socket.send("<\(text)>") }
                }
            }
        }
        let client = try await house.front.connect()
        await client.send(
            "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        #expect(statuses(await client.until("\r\n\r\n")) == [101])
        await client.send([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
        #expect(await client.until("<hi>").contains("<hi>"))
        await client.abort()
        await until { house.upstream.server.connectionCount == 0 }
        await until { house.front.server.connectionCount == 0 }
        await house.end()
    }

    @Test("Where nobody listens, the answer is 502")
    func unreachable() async throws {
        let silent = try SilentPort()
        let house = try House(to: silent.number) { _ in .empty() }
        let text = try await house.front.answer(
            to: "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(statuses(text) == [502])
        await house.end()
    }
}
