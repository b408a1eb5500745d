import Basics
import HTTP
import LinesideTesting
import Testing

@Suite("Proxy", .timeLimit(.minutes(10))) struct ProxyTests {
    @Test(
        "A request is written anew: nothing of its connection, nothing that lies about its origin")
    func rewrites() async throws {
        let server = try TestUpstream { wire, _ in try await wire.answer(try await wire.head()) }
        let proxy = Proxy(client: server.client)
        let policy = ProxyPolicy { headers in headers["authorization"] = "Bearer ours" }
        let incoming = try Passed.request(
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
        let answer = try await Passed.collect(
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
        let answer = try await Passed.collect(
            await Proxy(client: server.client).forward(
                try Passed.request(.get, "/"), to: server.upstream, policy: policy))
        #expect(
            answer.headers
                == Headers([
                    ("set-cookie", "kept=1; Path=/; HttpOnly"), ("content-type", "text/plain"),
                    ("x-kept", "yes"), ("x-added", "1"),
                ]))
        #expect(answer.body == "ok")
        await server.end()
    }

    @Test("HEAD says how long the answer to GET would be")
    func head() async throws {
        let server = try TestUpstream { wire, _ in
            try await wire.reply("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n")
        }
        let answer = try await Passed.collect(
            await Proxy(client: server.client).forward(
                try Passed.request(.head, "/"), to: server.upstream, policy: ProxyPolicy()))
        #expect(answer.length == 77)
        #expect(server.client.idleCount == 1)
        await server.end()
    }

    @Test("Nobody there: programs get a problem, people a page, both the reference")
    func unreachable() async throws {
        let silent = try SilentPort()
        let gone = Upstream.tcp(host: "127.0.0.1", port: silent.number)
        let server = try TestUpstream { _, _ in }
        let proxy = Proxy(client: server.client)
        let plain = try await Passed.collect(
            await proxy.forward(
                try Passed.request(.get, "/", ["accept": "application/json"]), to: gone,
                policy: ProxyPolicy()))
        #expect(plain.status == 502)
        #expect(plain.headers["content-type"] == "application/problem+json")
        #expect(plain.body.contains("\"/problems/upstream\""))
        #expect(plain.body.contains("0123456789abcdef"))
        let page = try await Passed.collect(
            await proxy.forward(
                try Passed.request(.get, "/", ["accept": "text/html,application/xhtml+xml;q=0.9"]),
                to: gone, policy: ProxyPolicy()))
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
        func ask(_ method: HTTP.Method) throws -> Task<Passed.Answer, any Error> {
            let incoming = try Passed.request(method, "/nodes")
            return Task {
                try await Passed.collect(
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
}
