import Basics
import HTTP
import LinesideTesting
import Testing

/// By a clock that stands until it is moved.
@Suite("HTTP client and time", .timeLimit(.minutes(10))) struct HTTPClientTimeTests {
    @Test("Whoever does not answer in time is given up")
    func timesOut() async throws {
        let asked = Signal<Void>()
        let cut = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            asked.send()
            await wire.ended()
            cut.send()
        }
        let answer = Task {
            try await server.client.send(.get, "/", to: server.upstream, timeout: .seconds(30))
        }
        try await asked.wait()
        await server.advance(by: .seconds(31))
        await #expect(throws: ClientFault.timedOut) { _ = try await answer.value }
        try await cut.wait()
        await server.end()
    }

    @Test("An answer that trickles is given up when its time is over, though it moves")
    func trickles() async throws {
        let asked = Signal<Void>()
        let go = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            asked.send()
            for _ in 0..<3 {
                try await go.wait()
                try await wire.write("x")
                asked.send()
            }
            await wire.ended()
        }
        let answer = Task {
            try await server.client.send(.get, "/", to: server.upstream, timeout: .seconds(30))
        }
        for _ in 0..<3 {
            try await asked.wait()
            await server.advance(by: .seconds(11))
            go.send()
        }
        await #expect(throws: ClientFault.timedOut) { _ = try await answer.value }
        await server.end()
    }

    @Test("A connection that nobody needs is closed before the upstream does it")
    func idleLimit() async throws {
        let cut = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.answer("x")
            await wire.ended()
            cut.send()
        }
        _ = try await server.client.send(.get, "/", to: server.upstream)
        #expect(server.client.idleCount == 1)
        await server.advance(by: .seconds(5))
        try await cut.wait()
        #expect(server.client.idleCount == 0)
        await server.end()
    }

    @Test("A connection that the upstream closes while it waits is not kept")
    func closedWhileIdle() async throws {
        let closed = Signal<Void>()
        let server = try TestUpstream { wire, connection in
            _ = try await wire.head()
            try await wire.answer("\(connection)")
            guard connection == 1 else { return await wire.ended() }
            wire.stream.finish()
            await wire.ended()
            closed.send()
        }
        _ = try await server.client.send(.get, "/", to: server.upstream)
        // It ends when our side has noticed and given it up.
        try await closed.wait()
        #expect(server.client.idleCount == 0)
        let answer = try await server.client.send(.post, "/", to: server.upstream)
        #expect(answer.body == Array("2".utf8))
        await server.end()
    }
}
