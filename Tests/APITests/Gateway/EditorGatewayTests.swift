import Basics
import Crypto
import Domain
import HTTP
import Site
import Testing

@testable import API

@Suite("Editor gateway") struct EditorGatewayTests {
    static let form = (Header.contentType, "application/x-www-form-urlencoded")

    func payload(_ fixture: GatewayFixture, _ headers: Headers?) throws -> JSONValue {
        let token = try #require(headers?[Gateway.tokenHeader])
        let parts = token.split(separator: ".").map(String.init)
        let signature = try #require(Base64URL.decode(parts[1]))
        #expect(fixture.verifier.verify(signature, of: Array(parts[0].utf8)))
        return try JSONReader.read(try #require(Base64URL.decode(parts[0])))
    }

    @Test("A code opens the editor once, from the platform's origin only")
    func code() async throws {
        let fixture = try GatewayFixture()
        func code() -> String {
            fixture.doorkeeper.issueCode(
                side: .editors, session: fixture.session, instance: fixture.instance,
                slug: Slug(stored: "press"), expiry: .now() + .seconds(60))
        }
        let from = [(Header.origin, GatewayFixture.platform), Self.form]
        let first = code()
        let answer = try await fixture.editor(.post, "/lineside/open", from, body: "code=\(first)")
        #expect(answer.status == 303)
        #expect(answer.headers[Header.location] == "/-/press/")
        let cookie = try #require(answer.headers[Header.setCookie])
        #expect(cookie.hasPrefix("__Host-lineside-editor-press="))
        #expect(cookie.hasSuffix("; Path=/; HttpOnly; SameSite=Strict; Secure"))
        let again = try await fixture.editor(.post, "/lineside/open", from, body: "code=\(first)")
        #expect(again.status == 401)
        for origin in ["https://plant:8445", "https://plant:8444", "null"] {
            let foreign = try await fixture.editor(
                .post, "/lineside/open", [(Header.origin, origin), Self.form],
                body: "code=\(code())")
            #expect(foreign.status == 403)
        }
        let none = try await fixture.editor(.post, "/lineside/open", body: "code=\(code())")
        #expect(none.status == 403)
        let pages = try await fixture.page(.post, "/lineside/open", from, body: "code=\(code())")
        #expect(pages.status == 401)
    }

    @Test("A member deploys, a viewer looks on, and Node-RED sees none of our cookies")
    func rights() async throws {
        let fixture = try GatewayFixture()
        let cookie = try fixture.cookie(.editors)
        let sent: Headers = [
            Header.cookie: "\(cookie); own=1", Header.authorization: "Bearer lsp_x",
            Gateway.tokenHeader: "forged", Gateway.pageHeader: "forged",
        ]
        let request = [(Header.cookie, cookie)]
        var seen = try await fixture.editor(.get, "/-/press/flows", request).passedOn(sent)
        #expect(try payload(fixture, seen)["perm"]?.string == "*")
        #expect(try payload(fixture, seen)["aud"]?.string == fixture.instance.text)
        #expect(try payload(fixture, seen)["sub"]?.string == "anna")
        #expect(seen?[Header.cookie] == "own=1")
        #expect(seen?[Header.authorization] == nil)
        #expect(seen?[Gateway.pageHeader] == nil)
        fixture.sign(in: .viewer)
        fixture.signal.raise()
        seen = try await fixture.editor(.get, "/-/press/flows", request).passedOn(sent)
        #expect(try payload(fixture, seen)["perm"]?.string == "read")
    }

    @Test("Without a ticket, with an ended session or with a lower role, nobody enters")
    func refused() async throws {
        let fixture = try GatewayFixture()
        let cookie = [(Header.cookie, try fixture.cookie(.editors))]
        let pageCookie = try fixture.cookie(.pages)
        #expect(try await fixture.editor(.get, "/-/press/").status == 401)
        #expect(
            try await fixture.editor(.get, "/-/press/", [(Header.cookie, pageCookie)]).status == 401
        )
        let renamed = pageCookie.replacing("-pages-", with: "-editor-")
        #expect(
            try await fixture.editor(.get, "/-/press/", [(Header.cookie, renamed)]).status == 401)
        fixture.sign(in: .dashboard)
        fixture.signal.raise()
        #expect(try await fixture.editor(.get, "/-/press/", cookie).status == 401)
        fixture.sessions.set(nil, for: fixture.session)
        fixture.signal.raise()
        #expect(try await fixture.editor(.get, "/-/press/", cookie).status == 401)
    }

    @Test("A page of another origin spends no cookie")
    func provenance() async throws {
        let fixture = try GatewayFixture()
        let cookie = (Header.cookie, try fixture.cookie(.editors))
        let page = "https://plant:8445"
        let cases: [(HTTP.Method, [(String, String)], String?)] = [
            (.post, [(Header.origin, page)], nil), (.get, [(Header.origin, page)], "websocket"),
            (.get, [(Header.secFetchSite, "same-site"), ("sec-fetch-mode", "no-cors")], nil),
            (.get, [], "websocket"), (.delete, [], nil),
        ]
        for (method, headers, upgrade) in cases {
            let answer = try await fixture.editor(
                method, "/-/press/flows", headers + [cookie], upgrade: upgrade)
            #expect(answer.status == 403, "\(method) \(headers)")
        }
        let own = try await fixture.editor(
            .post, "/-/press/flows", [cookie, (Header.origin, GatewayFixture.editorsOrigin)])
        #expect(own.passedOn() != nil)
    }

    @Test("A foreign host is 421, and says which line of the configuration adds it")
    func host() async throws {
        let fixture = try GatewayFixture()
        let answer = try await fixture.editor(.get, "/-/press/", [(Header.host, "evil:8444")])
        #expect(answer.status == 421)
        guard case .full(_, _, .bytes(let body)) = answer else { return }
        #expect(String(decoding: body, as: UTF8.self).contains("names:"))
    }

    @Test("A stopped instance is said to be stopped")
    func stopped() async throws {
        let fixture = try GatewayFixture(port: nil)
        let cookie = (Header.cookie, try fixture.cookie(.editors))
        let answer = try await fixture.editor(
            .get, "/-/press/", [cookie, (Header.accept, "text/html")])
        #expect(answer.status == 503)
        guard case .full(_, _, .bytes(let body)) = answer else { return }
        let text = String(decoding: body, as: UTF8.self)
        #expect(text.contains("Press is not running"))
        #expect(text.contains("https://plant:8443/instances/\(fixture.instance.text)"))
    }

    @Test(
        "Only /-/<slug>/ reaches an instance",
        arguments: ["/", "/press/", "/-/", "/-/press", "//-/press/", "/%2D/press/", "/-/PRESS/"])
    func paths(target: String) async throws {
        let fixture = try GatewayFixture()
        let cookie = (Header.cookie, try fixture.cookie(.editors))
        #expect(try await fixture.editor(.get, target, [cookie]).status == 404)
    }

    @Test("Only a deploy of somebody who may is witnessed, once")
    func witness() async throws {
        let fixture = try GatewayFixture()
        let headers = [
            (Header.cookie, try fixture.cookie(.editors)),
            (Header.origin, GatewayFixture.editorsOrigin),
        ]
        func seen() -> Bool { fixture.witness.confirms("anna", of: fixture.instance) }
        _ = try await fixture.editor(.get, "/-/press/flows", headers)
        _ = try await fixture.editor(.post, "/-/press/inject/1", headers)
        #expect(!seen())
        _ = try await fixture.editor(.post, "/-/press/flows", headers)
        #expect(seen())
        #expect(!seen())
        fixture.sign(in: .viewer)
        fixture.signal.raise()
        _ = try await fixture.editor(.post, "/-/press/flows", headers)
        #expect(!seen())
    }
}
