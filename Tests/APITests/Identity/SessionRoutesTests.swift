import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Signing in") struct SessionRoutesTests {
    @Test("First run: the code opens it once, and the administrator is signed in")
    func setUp() async throws {
        let house = try await HouseFixture()
        let code = SetupCode.random()
        try await house.stores.settings.setSetupCodeHash(code.hash)
        func setUp(_ code: String) async throws -> HouseFixture.Answer {
            try await house.call(
                .post, "setup",
                JSONObject(
                    texts: ("code", code), ("username", "Anna"),
                    ("password", HouseFixture.password), ("site", "Plant 7"), ("language", "de"),
                    ("timeZone", "Europe/Berlin")), as: .nobody)
        }
        let before = try await house.call(.get, "health", as: .nobody)
        #expect(before.json["setupRequired"]?.bool == true)
        let early = try await house.call(
            .post, "session", JSONObject(texts: ("username", "anna"), ("password", "x")),
            as: .nobody)
        #expect(early.status == 409)
        #expect(early.json["type"]?.string == "/problems/setup-required")
        #expect(try await setUp("AAAA-AAAA").status == 401)
        let done = try await setUp(code.text.lowercased())
        #expect(done.status == 201)
        #expect(done.json["user"]?["administrator"]?.bool == true)
        #expect(done.json["user"]?["language"]?.string == "de")
        let client = HouseFixture.Client.browser(
            cookie: try #require(HouseFixture.cookie(done, "__Host-lineside")),
            csrf: try #require(done.json["csrf"]?.string))
        #expect(try await house.call(.get, "user", as: client).status == 200)
        #expect(try await setUp(code.text).status == 409)
        let health = try await house.call(.get, "health", as: .nobody)
        #expect(health.json["site"]?.string == "Plant 7")
        #expect(house.faults.all == [])
    }

    @Test("The cookie alone proves nothing, nor does a token of another session")
    func csrf() async throws {
        let house = try await HouseFixture()
        _ = try await house.factory()
        let first = try await house.signIn("anna")
        let second = try await house.signIn("anna")
        let cookie = first.headers[0]
        let foreignCSRF = second.headers[1]
        #expect(try await house.call(.get, "user", as: first).status == 200)
        let alone = try await house.call(.get, "user", as: .init(headers: [cookie]))
        #expect(alone.status == 401)
        let mixed = try await house.call(
            .get, "user", as: .init(headers: [cookie, foreignCSRF]))
        #expect(mixed.status == 401)
        let planted = try await house.call(
            .get, "user",
            as: .init(
                headers: [(Header.cookie, "\(cookie.1); __Host-lineside=x")] + [first.headers[1]]))
        #expect(planted.status == 401)
    }

    @Test("A page of another origin gets nowhere, with the right cookie and the right token")
    func origin() async throws {
        let house = try await HouseFixture()
        _ = try await house.factory()
        var client = try await house.signIn("anna")
        for origin in ["https://plant:8445", "https://plant:8444", "https://evil", "null"] {
            client.headers[2] = (Header.origin, origin)
            for (method, path) in [
                (HTTP.Method.patch, "user"), (.get, "user"), (.delete, "session"),
            ] {
                let answer = try await house.call(method, path, JSONObject(), as: client)
                #expect(answer.status == 403, "\(origin) \(path)")
                #expect(answer.json["type"]?.string == "/problems/origin")
            }
            for path in ["session", "setup", "session/renew", "invitations/x"] {
                let answer = try await house.call(
                    .post, path, JSONObject(),
                    as: .init(headers: [(Header.origin, origin)]))
                #expect(answer.status == 403, "\(path)")
            }
        }
        client.headers.remove(at: 2)
        #expect(try await house.call(.patch, "user", JSONObject(), as: client).status == 403)
        #expect(try await house.call(.get, "user", as: client).status == 200)
    }

    @Test("A cookie that was pushed out of the jar comes back for who has the page's token")
    func renew() async throws {
        let house = try await HouseFixture()
        _ = try await house.factory()
        let client = try await house.signIn("anna")
        let body = JSONObject(texts: ("csrf", client.headers[1].1))
        #expect(try await house.call(.post, "session/renew", body, as: .nobody).status == 403)
        let own = HouseFixture.Client(headers: [(Header.origin, HouseFixture.origin)])
        let answer = try await house.call(.post, "session/renew", body, as: own)
        #expect(answer.status == 200)
        let cookie = try #require(HouseFixture.cookie(answer, "__Host-lineside"))
        let renewed = HouseFixture.Client.browser(cookie: cookie, csrf: client.headers[1].1)
        #expect(try await house.call(.get, "user", as: renewed).status == 200)
        #expect(try await house.call(.get, "user", as: client).status == 401)
        let wrong = try await house.call(
            .post, "session/renew", JSONObject(texts: ("csrf", "guess")), as: own)
        #expect(wrong.status == 401)
    }

    @Test("Signing out ends the session and takes the cookie away")
    func signOut() async throws {
        let house = try await HouseFixture()
        _ = try await house.factory()
        let client = try await house.signIn("anna")
        let answer = try await house.call(.delete, "session", as: client)
        #expect(answer.status == 204)
        #expect(answer.headers[Header.setCookie]?.contains("Max-Age=0") == true)
        #expect(try await house.call(.get, "user", as: client).status == 401)
    }

    @Test("A name that exists and one that does not are refused in the same words")
    func sameWords() async throws {
        let house = try await HouseFixture()
        _ = try await house.factory()
        func refused(_ name: String) async throws -> HouseFixture.Answer {
            try await house.call(
                .post, "session", JSONObject(texts: ("username", name), ("password", "wrong one")),
                as: .nobody)
        }
        let known = try await refused("anna")
        let unknown = try await refused("nobody")
        let impossible = try await refused("no body!")
        #expect([known.status, unknown.status, impossible.status] == [401, 401, 401])
        #expect(known.json["detail"] == unknown.json["detail"])
        #expect(known.json["detail"] == impossible.json["detail"])
    }

    @Test("Guessing is slowed down; the owner signs in on the device that was used before")
    func throttle() async throws {
        let house = try await HouseFixture()
        _ = try await house.factory()
        let first = try await house.call(
            .post, "session",
            JSONObject(texts: ("username", "anna"), ("password", HouseFixture.password)),
            as: .nobody)
        let device = try #require(HouseFixture.cookie(first, "__Host-lineside-device"))
        let guess = JSONObject(texts: ("username", "anna"), ("password", "a guess"))
        // Each wait is twice the last one: it outgrows what looking at a password takes, even here.
        var last: HouseFixture.Answer?
        for _ in 0..<20 where last?.status != 429 {
            last = try await house.call(.post, "session", guess, as: .nobody)
        }
        #expect(last?.status == 429)
        #expect(last?.headers[Header.retryAfter].flatMap { Int($0) } ?? 0 > 0)
        let owner = try await house.call(
            .post, "session",
            JSONObject(texts: ("username", "anna"), ("password", HouseFixture.password)),
            as: .init(headers: [(Header.cookie, "__Host-lineside-device=\(device)")]))
        #expect(owner.status == 201)
        let events = try await house.stores.audit.list(.init(kind: "session.throttled"))
        #expect(events.items.map(\.address) == ["192.0.2.7"])
        #expect(events.items.first?.event.text.contains("“anna”") == true)
    }

    @Test("An invitation makes one account with its roles, and is used up")
    func invitation() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let admin = try await house.token(of: factory.administrator)
        let made = try await house.call(
            .post, "invitations",
            JSONObject([
                (
                    "grants",
                    .array([
                        .object(
                            JSONObject(
                                texts: ("scope", "team"), ("scopeId", factory.team.id.text),
                                ("role", "member")))
                    ])
                )
            ]), as: admin)
        #expect(made.status == 201)
        let link = try #require(made.json["link"]?.string)
        #expect(link.hasPrefix("https://plant:8443/invitations/"))
        let secret = try #require(link.split(separator: "/").last)
        let offer = try await house.call(.get, "invitations/\(secret)", as: .nobody)
        #expect(offer.json["site"]?.string == "Plant 7")
        let body = JSONObject(
            texts: ("username", "ben"), ("password", HouseFixture.password), ("name", "Ben"))
        let accepted = try await house.call(.post, "invitations/\(secret)", body, as: .nobody)
        #expect(accepted.status == 201)
        #expect(
            accepted.json["user"]?["grants"]?.array?.first?["role"]?.string == "member")
        #expect(try await house.call(.get, "invitations/\(secret)", as: .nobody).status == 404)
        let again = try await house.call(.post, "invitations/\(secret)", body, as: .nobody)
        #expect(again.status == 404)
        #expect(house.faults.all == [])
    }

    @Test("Sessions and tokens are listed, ended, and their secrets are shown once")
    func ownThings() async throws {
        let house = try await HouseFixture()
        _ = try await house.factory()
        let client = try await house.signIn("anna")
        let other = try await house.signIn("anna")
        let sessions = try await house.call(.get, "user/sessions", as: client)
        #expect(sessions.json["count"]?.int == 2)
        let foreign = try #require(
            sessions.json["items"]?.array?.first { $0["current"]?.bool == false }?["id"]?.string)
        #expect(try await house.call(.delete, "user/sessions/\(foreign)", as: client).status == 204)
        #expect(try await house.call(.get, "user", as: other).status == 401)
        let made = try await house.call(
            .post, "user/tokens", JSONObject(texts: ("name", "script")), as: client)
        #expect(made.status == 201)
        let secret = try #require(made.json["secret"]?.string)
        #expect(secret.hasPrefix("lsp_") && secret.utf8.count == 47)
        let script = HouseFixture.Client.bearer(secret)
        #expect(try await house.call(.get, "user", as: script).json["username"]?.string == "anna")
        let more = try await house.call(
            .post, "user/tokens", JSONObject(texts: ("name", "more")), as: script)
        #expect(more.status == 403)
        let listed = try await house.call(.get, "user/tokens", as: script)
        #expect(listed.json["items"]?.array?.first?["secret"] == nil)
        let id = try #require(made.json["id"]?.string)
        #expect(try await house.call(.delete, "user/tokens/\(id)", as: client).status == 204)
        #expect(try await house.call(.get, "user", as: script).status == 401)
        #expect(house.faults.all == [])
    }

    @Test("A new password needs the old one and ends the other sessions")
    func password() async throws {
        let house = try await HouseFixture()
        _ = try await house.factory()
        let client = try await house.signIn("anna")
        let other = try await house.signIn("anna")
        func change(_ current: String, _ new: String) async throws -> HouseFixture.Answer {
            try await house.call(
                .post, "user/password", JSONObject(texts: ("current", current), ("new", new)),
                as: client)
        }
        let wrong = try await change("wrong", "another long one")
        #expect(wrong.status == 422)
        #expect(wrong.json["fields"]?["current"] != nil)
        #expect(try await change(HouseFixture.password, "short").status == 422)
        #expect(try await change(HouseFixture.password, "another long one").status == 204)
        #expect(try await house.call(.get, "user", as: client).status == 200)
        #expect(try await house.call(.get, "user", as: other).status == 401)
        _ = try await house.signIn("anna", password: "another long one")
    }
}
