import Basics
import HTTP
import LinesideTesting
import Synchronization
import Testing

@testable import Net

private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

@Suite("Server connection", .timeLimit(.minutes(10))) struct ServerConnectionTests {
    @Test("A thousand pipelined requests are answered in order")
    func pipelining() async throws {
        let server = try TestServer { .text("<\($0.target.path)>") }
        let client = try await server.connect()
        await client.send(
            (0..<1_000).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        let text = await client.until("</999>")
        let order = text.split(separator: "<").dropFirst().compactMap {
            Int($0.dropFirst().prefix { $0 != ">" })
        }
        #expect(order == Array(0..<1_000))
        await server.end()
    }

    @Test("Answers keep their order though the first handler takes longest")
    func order() async throws {
        let gate = Mailbox<Void>()
        let server = try TestServer { request in
            if request.target.path == "/slow" { _ = await gate.take() }
            return .text("<\(request.target.path)>")
        }
        let client = try await server.connect()
        await client.send(
            "GET /slow HTTP/1.1\r\nHost: h\r\n\r\nGET /fast HTTP/1.1\r\nHost: h\r\n\r\n")
        await server.loop.run {}
        #expect(client.recorder.seen.count == 0)
        gate.put(())
        let text = await client.until("</fast>")
        #expect(text.count(of: "</slow>") == 1)
        await server.end()
    }

    @Test("100 Continue comes when somebody asks for the body, and not before")
    func expect() async throws {
        let server = try TestServer { request in
            guard request.target.path == "/take" else { return .empty(403) }
            let body = (try? await request.body.collect(upTo: .kibibytes(1))) ?? []
            return .text(String(decoding: body, as: UTF8.self))
        }
        let headers = "Host: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        let client = try await server.connect()
        await client.send("PUT /take HTTP/1.1\r\n\(headers)")
        #expect(statuses(await client.until("\r\n\r\n")) == [100])
        await client.send("data")
        #expect(statuses(await client.until("data")) == [100, 200])

        let refused = try await server.answer(to: "PUT /deny HTTP/1.1\r\n\(headers)")
        #expect(statuses(refused) == [403])
        #expect(refused.contains("Connection: close"))
        await server.end()
    }

    @Test("A body that nobody reads is held up to the high-water mark, and no further")
    func bodyBackPressure() async throws {
        let bodies = Mailbox<RequestBody>()
        let gate = Mailbox<Void>()
        let server = try TestServer { request in
            bodies.put(request.body)
            _ = await gate.take()
            var total = 0
            while let part = (try? await request.body.next()) ?? nil { total += part.count }
            return .text("<\(total)>")
        }
        let client = try await server.connect()
        let size = 50 << 20
        await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
        let part = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<50 { await client.send(part) }
        _ = await bodies.take()
        // What the server did not take waits at the client.
        await until {
            await client.channel.loop.run { client.channel.pendingBytes } < size - 262_144
        }
        for _ in 0..<50 { await server.loop.run {} }
        let left = await client.channel.loop.run { client.channel.pendingBytes }
        #expect(left > size / 2)
        gate.put(())
        #expect(await client.until(">").contains("<\(size)>"))
        await server.end()
    }

    @Test("Twenty clients that stall in downloads of 100 MB cost a bounded number of bytes")
    func stalledDownloads() async throws {
        let written = Mutex(0)
        let size = 100 << 20
        let server = try TestServer { _ in
            .stream(status: 200, headers: [:], length: Int64(size)) { writer in
                let part = [UInt8](repeating: 1, count: 65_536)
                for _ in 0..<(size / part.count) {
                    try await writer.write(part)
                    written.withLock { $0 += part.count }
                }
            }
        }
        var clients: [RawClient] = []
        for _ in 0..<20 {
            let client = try await server.connect(keepsBytes: false, reads: false)
            await client.send(get)
            clients.append(client)
        }
        var last = -1
        // Until nothing moves any more.
        while last != written.withLock({ $0 }) || last == 0 {
            last = written.withLock { $0 }
            for _ in 0..<200 { await server.loop.run {} }
        }
        // The kernel's buffers, up to 10 MB a connection, are not ours.
        #expect(last < 20 * 12 << 20)
        let channel = clients[0]
        await channel.read()
        #expect(await channel.recorder.wait { $0.count > size }.count > size)
        for client in clients { await client.abort() }
        await server.end()
    }

    @Test("A streamed answer goes chunked, with a length, or to the end, as the client can take it")
    func streams() async throws {
        let server = try TestServer { request in
            let length: Int64? = request.target.path == "/length" ? 10 : nil
            return .stream(status: 200, headers: [:], length: length) { writer in
                try await writer.write(Array("hello".utf8))
                await Task.yield()
                try await writer.write(Array("world".utf8))
            }
        }
        let client = try await server.connect()
        await client.send(get)
        #expect(await client.until("0\r\n\r\n").contains("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"))
        let text = try await server.answer(
            to: "GET /length HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(text.contains("Content-Length: 10\r\n"))
        #expect(text.hasSuffix("helloworld"))
        let old = try await server.answer(to: "GET / HTTP/1.0\r\n\r\n")
        #expect(old.hasSuffix("\r\n\r\nhelloworld"))
        #expect(!old.contains("chunked"))
        await server.end()
    }

    @Test("A streamed answer that breaks off is seen to be broken off")
    func brokenStream() async throws {
        let server = try TestServer { _ in
            .stream(status: 200, headers: [:], length: nil) { writer in
                try await writer.write(Array("hello".utf8))
                throw StreamFault.stalled
            }
        }
        let client = try await server.connect()
        await client.send(get)
        let text = await client.untilEnd()
        #expect(!text.contains("0\r\n\r\n"))
        await server.end()
    }

    @Test("A handler whose client has gone is cancelled")
    func cancellation() async throws {
        let (begun, ended) = (Mailbox<Void>(), Mailbox<Bool>())
        let server = try TestServer { request in
            if request.target.path == "/fast" { return .empty() }
            begun.put(())
            // Longer than the test: ends by cancellation only.
            try? await Task.sleep(for: .seconds(3_600))
            ended.put(Task.isCancelled)
            return .empty()
        }
        let client = try await server.connect(reads: false)
        await client.send("GET /fast HTTP/1.1\r\nHost: h\r\n\r\n" + get)
        _ = await begun.take()
        // Unread, its first answer makes a reset of the client's end.
        await until {
            await client.channel.loop.run { (client.channel as? SocketChannel)?.readable == true }
        }
        await client.abort()
        #expect(await ended.take() == true)
        await server.end()
    }

    @Test("A handler answers 500 rather than with a header that would split the head")
    func splitting() async throws {
        let server = try TestServer { _ in
            .text("x", headers: ["x-a": "1\r\nX-Evil: 2"])
        }
        let text = try await server.answer(to: get)
        #expect(statuses(text) == [500])
        #expect(!text.contains("Evil"))
        await server.end()
    }

    @Test("A WebSocket echoes, and its end is said in a frame")
    func webSocket() async throws {
        let server = try TestServer { _ in
            .webSocket(protocol: nil) { socket in
                while let message = (try? await socket.receive()) ?? nil {
                    if case .text(let text) = message { try? await socket.send("<\(text)>") }
                }
            }
        }
        let client = try await server.connect()
        await client.send(
            "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        let text = await client.until("\r\n\r\n")
        #expect(statuses(text) == [101])
        #expect(text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        // "hi", masked with zeros.
        await client.send([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
        #expect(await client.until("<hi>").contains("<hi>"))
        await client.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
        let end = await client.recorder.wait { $0.readEnded }.bytes.suffix(4)
        #expect(Array(end) == [0x88, 0x02, 0x03, 0xE8])
        await server.end()
        #expect(server.server.connectionCount == 0)
    }
}
