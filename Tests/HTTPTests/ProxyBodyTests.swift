import Basics
import HTTP
import LinesideTesting
import Net
import Testing

@Suite("Proxy and bodies", .timeLimit(.minutes(10))) struct ProxyBodyTests {
    @Test("Uploads stream with the framing they came in", arguments: [true, false])
    func uploads(chunked: Bool) async throws {
        let server = try TestUpstream { wire, _ in
            while true {
                let head = try await wire.head()
                var decoder = BodyDecoder(chunked ? .chunked : .length(300_000))
                var body: [UInt8] = []
                while !decoder.isDone {
                    let bytes = try await wire.bytes(1)
                    _ = try bytes.withUnsafeBytes { try decoder.decode($0, into: &body) }
                }
                let framing = head.split(separator: "\r\n").last ?? ""
                try await wire.answer("\(framing) \(body.count)")
            }
        }
        let framing: BodyFraming = chunked ? .chunked : .length(300_000)
        for _ in 0..<2 {
            let body = RequestBody(framing: framing)
            let incoming = try Passed.request(.post, "/upload", framing: framing, body: body)
            async let response = Proxy(client: server.client).forward(
                incoming, to: server.upstream, policy: ProxyPolicy())
            // The end is there with the last bytes, as a server has it: an answer to all of them
            // that came before the end would cost the connection.
            await server.group.loops[0].run {
                for _ in 0..<3 { body.deliver([UInt8](repeating: 0x61, count: 100_000)) }
                body.finish()
            }
            let answer = try await Passed.collect(await response)
            #expect(
                answer.body == (chunked ? "Transfer-Encoding: chunked" : "Content-Length: 300000")
                    + " 300000")
        }
        // Both ended cleanly, so the second went over the connection of the first.
        #expect(server.connections == 1)
        await server.end()
    }

    @Test("A slow upstream slows the client down instead of filling memory")
    func slowUpstream() async throws {
        let go = Signal<Void>()
        let total = 64 << 20
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await go.wait()
            var left = total
            while left > 0 {
                left -= try await wire.bytes(min(left, 1 << 20)).count
            }
            try await wire.answer("all")
        }
        let demand = Signal<Void>()
        let body = RequestBody(framing: .length(Int64(total))) { demand.send() }
        let incoming = try Passed.request(
            .post, "/", framing: .length(Int64(total)), body: body)
        async let response = Proxy(client: server.client).forward(
            incoming, to: server.upstream, policy: ProxyPolicy())
        let piece = [UInt8](repeating: 0, count: 65_536)
        var sent = 0
        try await demand.wait()
        // Until nobody asks for more for as long as the loop has anything to do.
        var quiet = 0
        while sent < total, quiet < 200 {
            if body.deliver(piece) {
                sent += piece.count
                quiet = 0
            } else {
                // Refused only means "no more"; this piece was kept.
                sent += piece.count
                while quiet < 200 {
                    let before = demand.count
                    await server.advance(by: .zero)
                    if demand.count > before { break }
                    quiet += 1
                }
            }
        }
        #expect(sent < 24 << 20)
        go.send()
        while sent < total {
            let count = min(piece.count, total - sent)
            sent += count
            if !body.deliver(Array(piece[..<count])), sent < total { try await demand.wait() }
        }
        body.finish()
        #expect(try await Passed.collect(await response).body == "all")
        await server.end()
    }

    @Test("A client that takes nothing holds the upstream back")
    func slowClient() async throws {
        let written = Counter()
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
            let piece = [UInt8](repeating: 0, count: 100_000)
            for _ in 0..<1000 {
                try await wire.stream.write(piece)
                written.add(piece.count)
            }
        }
        let response = await Proxy(client: server.client).forward(
            try Passed.request(.get, "/"), to: server.upstream, policy: ProxyPolicy())
        guard case .stream(_, _, let length, let write) = response else { throw Wire.Gone() }
        #expect(length == 100_000_000)
        let taken = Counter()
        let stalled = Signal<Void>()
        let go = Signal<Void>()
        let writer = ResponseWriter { (bytes) throws(StreamFault) in
            if taken.value == 0 {
                stalled.send()
                do { try await go.wait() } catch { throw .closed }
            }
            taken.add(bytes.count)
        }
        async let done: Void = write(writer)
        try await stalled.wait()
        var last = -1
        while written.value != last {
            last = written.value
            for _ in 0..<200 { await server.advance(by: .zero) }
        }
        #expect(written.value < 24 << 20)
        go.send()
        try await done
        #expect(taken.value == 100_000_000)
        await server.end()
    }

    @Test("An answer that comes before the upload has ended goes through, and the rest is dropped")
    func earlyAnswer() async throws {
        let cut = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            try await wire.reply("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
            cut.send()
        }
        let body = RequestBody(framing: .length(1_000_000))
        body.deliver([1, 2, 3])
        let answer = try await Passed.collect(
            await Proxy(client: server.client).forward(
                try Passed.request(.post, "/", framing: .length(1_000_000), body: body),
                to: server.upstream, policy: ProxyPolicy()))
        #expect(answer.status == 413)
        #expect(answer.body == "no")
        try await cut.wait()
        #expect(server.client.idleCount == 0)
        await server.end()
    }

    @Test("An upload that breaks off is never taken for whole")
    func brokenUpload() async throws {
        let seen = Signal<[UInt8]>()
        let server = try TestUpstream { wire, _ in
            var all: [UInt8] = []
            while let bytes = try? await wire.stream.read() { all += bytes }
            seen.send(all)
        }
        let body = RequestBody(framing: .chunked)
        async let response = Proxy(client: server.client).forward(
            try Passed.request(.post, "/", framing: .chunked, body: body), to: server.upstream,
            policy: ProxyPolicy())
        body.deliver(Array("half".utf8))
        body.fail(.incomplete)
        let answer = try await Passed.collect(await response)
        #expect(answer.status == 502)
        let text = String(decoding: try await seen.wait(), as: UTF8.self)
        #expect(!text.contains("0\r\n\r\n"))
        await server.end()
    }

    @Test("Who goes away in the middle of an answer takes the upstream's connection along")
    func cancelled() async throws {
        let cut = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            try await wire.reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal")
            cut.send()
        }
        let response = await Proxy(client: server.client).forward(
            try Passed.request(.get, "/"), to: server.upstream, policy: ProxyPolicy())
        guard case .stream(_, _, _, let write) = response else { throw Wire.Gone() }
        let got = Signal<Void>()
        let task = Task { try await write(ResponseWriter { _ in got.send() }) }
        try await got.wait()
        task.cancel()
        await #expect(throws: ClientFault.self) { try await task.value }
        try await cut.wait()
        await server.end()
    }

    @Test("Who goes away while the upstream still thinks takes the request along")
    func cancelledEarly() async throws {
        let asked = Signal<Void>()
        let cut = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            asked.send()
            await wire.ended()
            cut.send()
        }
        let incoming = try Passed.request(.get, "/")
        let task = Task {
            await Proxy(client: server.client).forward(
                incoming, to: server.upstream, policy: ProxyPolicy())
        }
        try await asked.wait()
        task.cancel()
        #expect(try await Passed.collect(await task.value).status == 502)
        try await cut.wait()
        await server.end()
    }

    @Test("An answer that nobody fetches frees the upstream's connection")
    func dropped() async throws {
        let cut = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            try await wire.reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal")
            cut.send()
        }
        _ = await Proxy(client: server.client).forward(
            try Passed.request(.get, "/"), to: server.upstream, policy: ProxyPolicy())
        try await cut.wait()
        await server.end()
    }
}
