import Basics
import HTTP
import Testing

@Suite("Proxy", .timeLimit(.minutes(1))) struct ProxyTests {
    private func request(
        _ method: HTTP.Method, _ target: String, _ headers: Headers = [:],
        framing: BodyFraming = .none, body: RequestBody? = nil, upgrade: String? = nil
    ) throws -> Request {
        var headers = headers
        if !headers.contains("host") { headers["host"] = "plant:8444" }
        let head = RequestHead(
            method: method, target: try RequestTarget(target), headers: headers, framing: framing,
            upgrade: upgrade)
        return Request(
            head: head, peer: Peer(address: "10.1.2.3"),
            body: body ?? RequestBody(framing: framing), id: "0123456789abcdef", secure: true,
            localPort: 8444)
    }

    private struct Answer {
        var status: Int
        var headers: Headers
        var length: Int64?
        var body: String
    }

    private func collect(_ response: Response) async throws -> Answer {
        switch response {
        case .full(let status, let headers, let body):
            var text = ""
            if case .bytes(let bytes) = body { text = String(decoding: bytes, as: UTF8.self) }
            return Answer(status: status, headers: headers, length: nil, body: text)
        case .stream(let status, let headers, let length, let write):
            let (one, two) = MemoryStream.pair(highWater: .max)
            try await write(
                ResponseWriter { (bytes) throws(StreamFault) in try await one.write(bytes) })
            one.finish()
            var body: [UInt8] = []
            while let bytes = try await two.read() { body += bytes }
            return Answer(
                status: status, headers: headers, length: length,
                body: String(decoding: body, as: UTF8.self))
        default: throw Wire.Gone()
        }
    }

    @Test(
        "A request is written anew: nothing of its connection, nothing that lies about its origin")
    func rewrites() async throws {
        let server = try TestUpstream { wire, _ in try await wire.answer(try await wire.head()) }
        let proxy = Proxy(client: server.client)
        let policy = ProxyPolicy { headers in headers["authorization"] = "Bearer ours" }
        let incoming = try request(
            .get, "/-/line%203/x?y=%zz",
            Headers([
                ("host", "plant:8444"), ("connection", "keep-alive, X-Secret, host"),
                ("x-secret", "1"), ("keep-alive", "5"), ("te", "trailers"),
                ("proxy-authorization", "x"), ("upgrade", "h2c"), ("expect", "100-continue"),
                ("x-forwarded-for", "127.0.0.1"), ("x-forwarded-user", "root"),
                ("forwarded", "for=127.0.0.1"), ("x-real-ip", "127.0.0.1"),
                ("authorization", "Bearer theirs"), ("accept", "*/*"), ("x-two", "a"),
                ("x-two", "b"),
            ]), upgrade: "h2c")
        let answer = try await collect(
            await proxy.forward(incoming, to: server.upstream, policy: policy))
        #expect(
            answer.body
                == """
                GET /-/line%203/x?y=%zz HTTP/1.1\r
                Accept: */*\r
                X-Two: a\r
                X-Two: b\r
                Host: plant:8444\r
                X-Forwarded-For: 10.1.2.3\r
                X-Forwarded-Proto: https\r
                X-Forwarded-Host: plant:8444\r
                Authorization: Bearer ours\r
                \r

                """)
        #expect(answer.length == Int64(answer.body.utf8.count))
        await server.end()
    }

    @Test("What an instance may not say to browsers is dropped, the rest goes through")
    func filters() async throws {
        let fields = [
            "Clear-Site-Data: \"*\"", "Strict-Transport-Security: max-age=1",
            "Service-Worker-Allowed: /", "Alt-Svc: h3=\":1\"", "Connection: X-Hop", "X-Hop: 1",
            "Keep-Alive: timeout=5", "Proxy-Authenticate: Basic",
            "Set-Cookie: __Host-lineside=evil; Path=/; Secure",
            "Set-Cookie: __HOST-Lineside-page=evil; Secure", "Set-Cookie: a=1; Domain=plant",
            "Set-Cookie: b=1; Path=/;  DOMAIN = .plant", "Set-Cookie: =__Host-lineside=evil",
            "Set-Cookie: __Host-lineside", "Set-Cookie:  __Host-lineside =evil",
            "Set-Cookie: kept=1; Path=/; HttpOnly", "Content-Type: text/plain", "X-Kept: yes",
        ]
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.answer("ok", fields.map { $0 + "\r\n" }.joined())
        }
        let policy = ProxyPolicy(filterResponse: { $0.headers.add("x-added", "1") })
        let answer = try await collect(
            await Proxy(client: server.client).forward(
                try request(.get, "/"), to: server.upstream, policy: policy))
        #expect(
            answer.headers
                == Headers([
                    ("set-cookie", "kept=1; Path=/; HttpOnly"), ("content-type", "text/plain"),
                    ("x-kept", "yes"), ("x-added", "1"),
                ]))
        #expect(answer.body == "ok")
        await server.end()
    }

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
            let incoming = try request(.post, "/upload", framing: framing, body: body)
            async let response = Proxy(client: server.client).forward(
                incoming, to: server.upstream, policy: ProxyPolicy())
            for _ in 0..<3 { body.deliver([UInt8](repeating: 0x61, count: 100_000)) }
            body.finish()
            let answer = try await collect(await response)
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
        let incoming = try request(
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
        #expect(try await collect(await response).body == "all")
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
            try request(.get, "/"), to: server.upstream, policy: ProxyPolicy())
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
            _ = try await wire.head()
            try await wire.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")
            await wire.ended()
            cut.send()
        }
        let body = RequestBody(framing: .length(1_000_000))
        body.deliver([1, 2, 3])
        let answer = try await collect(
            await Proxy(client: server.client).forward(
                try request(.post, "/", framing: .length(1_000_000), body: body),
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
            try request(.post, "/", framing: .chunked, body: body), to: server.upstream,
            policy: ProxyPolicy())
        body.deliver(Array("half".utf8))
        body.fail(.incomplete)
        let answer = try await collect(await response)
        #expect(answer.status == 502)
        let text = String(decoding: try await seen.wait(), as: UTF8.self)
        #expect(!text.contains("0\r\n\r\n"))
        await server.end()
    }

    @Test("Who goes away in the middle of an answer takes the upstream's connection along")
    func cancelled() async throws {
        let cut = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal")
            await wire.ended()
            cut.send()
        }
        let response = await Proxy(client: server.client).forward(
            try request(.get, "/"), to: server.upstream, policy: ProxyPolicy())
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
        let incoming = try request(.get, "/")
        let task = Task {
            await Proxy(client: server.client).forward(
                incoming, to: server.upstream, policy: ProxyPolicy())
        }
        try await asked.wait()
        task.cancel()
        #expect(try await collect(await task.value).status == 502)
        try await cut.wait()
        await server.end()
    }

    @Test("An answer that nobody fetches frees the upstream's connection")
    func dropped() async throws {
        let cut = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal")
            await wire.ended()
            cut.send()
        }
        _ = await Proxy(client: server.client).forward(
            try request(.get, "/"), to: server.upstream, policy: ProxyPolicy())
        try await cut.wait()
        await server.end()
    }

    @Test("HEAD says how long the answer to GET would be")
    func head() async throws {
        let server = try TestUpstream { wire, _ in
            _ = try await wire.head()
            try await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n")
            await wire.ended()
        }
        let answer = try await collect(
            await Proxy(client: server.client).forward(
                try request(.head, "/"), to: server.upstream, policy: ProxyPolicy()))
        #expect(answer.length == 77)
        #expect(server.client.idleCount == 1)
        await server.end()
    }

    @Test("Nobody there: programs get a problem, people a page, both the reference")
    func unreachable() async throws {
        let gone = try TestUpstream { _, _ in }
        await gone.end()
        let server = try TestUpstream { _, _ in }
        let proxy = Proxy(client: server.client)
        let plain = try await collect(
            await proxy.forward(
                try request(.get, "/", ["accept": "application/json"]), to: gone.upstream,
                policy: ProxyPolicy()))
        #expect(plain.status == 502)
        #expect(plain.headers["content-type"] == "application/problem+json")
        #expect(plain.body.contains("\"/problems/upstream\""))
        #expect(plain.body.contains("0123456789abcdef"))
        let page = try await collect(
            await proxy.forward(
                try request(.get, "/", ["accept": "text/html,application/xhtml+xml;q=0.9"]),
                to: gone.upstream, policy: ProxyPolicy()))
        #expect(page.status == 502)
        #expect(page.headers["content-type"] == "text/html; charset=utf-8")
        #expect(page.body.contains("0123456789abcdef"))
        await server.end()
    }

    @Test("An answer of minutes is waited for, and given up when the policy says so")
    func idle() async throws {
        let asked = Signal<Void>()
        let go = Signal<Void>()
        let server = try TestUpstream { wire, _ in
            while true {
                let head = try await wire.head()
                asked.send()
                if head.hasPrefix("GET") { return await wire.ended() }
                try await go.wait()
                try await wire.answer("installed")
            }
        }
        let proxy = Proxy(client: server.client)
        func ask(_ method: HTTP.Method) throws -> Task<Answer, any Error> {
            let incoming = try request(method, "/nodes")
            return Task {
                try await collect(
                    await proxy.forward(
                        incoming, to: server.upstream,
                        policy: ProxyPolicy(idleTimeout: .seconds(600))))
            }
        }
        let patient = try ask(.post)
        try await asked.wait()
        await server.advance(by: .seconds(590))
        go.send()
        #expect(try await patient.value.body == "installed")
        let silent = try ask(.get)
        try await asked.wait()
        await server.advance(by: .seconds(601))
        let answer = try await silent.value
        #expect(answer.status == 504)
        #expect(answer.body.contains("/problems/timeout"))
        await server.end()
    }

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
                try request(
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
            _ = try await wire.head()
            try await wire.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
            await wire.ended()
        }
        let answer = try await collect(
            await Proxy(client: server.client).forward(
                try request(.get, "/comms", upgrade: "websocket"), to: server.upstream,
                policy: ProxyPolicy()))
        #expect(answer.status == 401)
        #expect(answer.body == "no")
        await server.end()
    }
}
