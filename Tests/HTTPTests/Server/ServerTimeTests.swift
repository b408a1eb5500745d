import Basics
import HTTP
import LinesideTesting
import Net
import Testing

private let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

/// All of them by a clock that stands until it is moved.
@Suite("Server timers", .timeLimit(.minutes(10))) struct ServerTimeTests {
    /// Lets the server do what follows from all that was sent to it, which is so many bytes.
    private func settle(_ server: TestServer, sent: Int) async {
        await until { server.loop.counters.received >= sent }
        for _ in 0..<3 { await server.loop.run {} }
    }

    @Test("A head that drips is refused 10 s after its first byte")
    func slowHead() async throws {
        let server = try TestServer { _ in .empty() }
        let client = try await server.connect()
        for (index, letter) in "GET / HTTP".enumerated() {
            await client.send(String(letter))
            await settle(server, sent: index + 1)
            server.clock.advance(by: .milliseconds(900))
        }
        await settle(server, sent: 10)
        #expect(client.recorder.seen.count == 0)
        server.clock.advance(by: .seconds(1))
        #expect(statuses(await client.untilEnd()) == [408])
        await server.end()
    }

    @Test("A connection that asks for nothing is closed after 75 s, counted from its last request")
    func idle() async throws {
        let server = try TestServer { _ in .empty() }
        let client = try await server.connect()
        await until { server.server.connectionCount == 1 }
        await settle(server, sent: 0)
        server.clock.advance(by: .seconds(70))
        await client.send(get)
        #expect(statuses(await client.until("\r\n\r\n")) == [204])
        await settle(server, sent: get.utf8.count)
        server.clock.advance(by: .seconds(70))
        await settle(server, sent: get.utf8.count)
        #expect(!client.recorder.seen.readEnded)
        server.clock.advance(by: .seconds(5))
        #expect(statuses(await client.untilEnd()) == [204])
        await server.end()
    }

    @Test("A body slower than 512 bytes a second fails; its handler can still say so")
    func slowBody() async throws {
        let server = try TestServer { request in
            do throws(BodyFault) {
                _ = try await request.body.collect(upTo: .mebibytes(1))
                return .empty()
            } catch { return .problem(error.problem) }
        }
        let client = try await server.connect()
        let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"
        await client.send(head)
        await settle(server, sent: head.utf8.count)
        // Fast enough in the first window, too slow in the second.
        await client.send([UInt8](repeating: 1, count: 10_240))
        await settle(server, sent: head.utf8.count + 10_240)
        server.clock.advance(by: .seconds(20))
        await settle(server, sent: head.utf8.count + 10_240)
        #expect(client.recorder.seen.count == 0)
        await client.send([UInt8](repeating: 1, count: 10_239))
        await settle(server, sent: head.utf8.count + 20_479)
        server.clock.advance(by: .seconds(20))
        let text = await client.untilEnd()
        #expect(statuses(text) == [408])
        #expect(text.contains("Connection: close"))
        await server.end()
    }

    @Test("A body that we do not take is not called slow")
    func pausedBody() async throws {
        let gate = Mailbox<Void>()
        let server = try TestServer { request in
            _ = await gate.take()
            let bytes = try? await request.body.collect(upTo: .mebibytes(16))
            return .text("<\(bytes?.count ?? -1)>")
        }
        let client = try await server.connect()
        let size = 8 << 20
        let head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n"
        await client.send(head)
        await client.send([UInt8](repeating: 1, count: size))
        // As much as it takes without being asked for more.
        await settle(server, sent: head.utf8.count + 65_536)
        server.clock.advance(by: .seconds(20))
        await settle(server, sent: 0)
        server.clock.advance(by: .seconds(19))
        await settle(server, sent: 0)
        gate.put(())
        #expect(await client.until(">").contains("<\(size)>"))
        await server.end()
    }

    @Test("A client that takes nothing for 60 s is cut off")
    func writeStall() async throws {
        let server = try TestServer { _ in
            .bytes([UInt8](repeating: 1, count: 64 << 20), type: "application/octet-stream")
        }
        let client = try await server.connect(keepsBytes: false, reads: false)
        await client.send(get)
        await settle(server, sent: get.utf8.count)
        server.clock.advance(by: .seconds(59))
        await settle(server, sent: 0)
        #expect(server.server.connectionCount == 1)
        await until {
            server.clock.advance(by: .seconds(10))
            await settle(server, sent: 0)
            return server.server.connectionCount == 0
        }
        #expect(server.server.connectionCount == 0)
        await client.abort()
        await server.end()
    }
}
