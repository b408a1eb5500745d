import Basics
import Domain
import HTTP
import Site
import Testing

@testable import API

@Suite("Page gateway") struct PageGatewayTests {
    @Test("A page for signed-in users sends a browser to the platform, a script away")
    func login() async throws {
        let fixture = try GatewayFixture(role: .dashboard)
        let answer = try await fixture.page(
            .get, "/press/line?a=1&b=2", [(Header.accept, "text/html")])
        #expect(answer.status == 303)
        #expect(
            answer.headers[Header.location]
                == "https://plant:8443/open/pages/press?path=%2Fline%3Fa%3D1%26b%3D2")
        #expect(try await fixture.page(.get, "/press/line").status == 401)
        let cookie = (Header.cookie, try fixture.cookie(.pages))
        let seen = try await fixture.page(.get, "/press/line", [cookie]).passedOn()
        #expect(seen?[Gateway.pageHeader] == "page-secret")
        #expect(seen?[Gateway.tokenHeader] == nil)
    }

    @Test("An open page passes a flow's own Authorization on, and never a token of ours")
    func open() async throws {
        let fixture = try GatewayFixture(access: .open)
        for (sent, left) in [
            ("Basic YTpi", "Basic YTpi"), ("Bearer their-own", "Bearer their-own"),
            ("Bearer lsp_secret", nil), ("bearer  lsg_secret", nil),
        ] as [(String, String?)] {
            let headers: Headers = [Header.authorization: sent]
            let answer = try await fixture.page(
                .get, "/press/", [(Header.authorization, sent)])
            #expect(answer.passedOn(headers)?[Header.authorization] == left)
        }
    }

    @Test("A token opens its instance and is not passed on")
    func token() async throws {
        let fixture = try GatewayFixture(access: .token)
        func answer(_ value: String) async throws -> Response {
            try await fixture.page(.get, "/press/", [(Header.authorization, value)])
        }
        #expect(try await answer("Bearer lsg_wrong").status == 401)
        #expect(try await answer("Basic YTpi").status == 401)
        let right = try await answer("Bearer lsg_right")
        #expect(right.passedOn([Header.authorization: "Bearer lsg_right"])?.isEmpty == false)
        #expect(
            right.passedOn([Header.authorization: "Bearer lsg_right"])?[Header.authorization] == nil
        )
    }

    @Test("A name and password open the page, and wrong ones are slowed down for their address")
    func basic() async throws {
        let fixture = try GatewayFixture()
        let hash = try await PasswordHasherFixture.hash("right one")
        fixture.instances.set(
            InstanceEntranceFixture.basic(fixture, name: "line", hash: hash))
        func answer(_ text: String) async throws -> Response {
            let value = "Basic \(Base64URL.encodeClassic(Array(text.utf8)))"
            return try await fixture.page(.get, "/press/", [(Header.authorization, value)])
        }
        #expect(try await answer("line:right one").passedOn() != nil)
        #expect(try await answer("other:right one").status == 401)
        for _ in 0..<19 { #expect(try await answer("line:wrong").status == 401) }
        #expect(try await answer("line:wrong").status == 429)
        #expect(try await answer("line:right one").passedOn() != nil)
    }

    @Test(
        "An editor's path is nothing here", arguments: ["/-/press/flows", "/", "/lineside/", "/x"])
    func editorPath(target: String) async throws {
        let fixture = try GatewayFixture(access: .open)
        #expect(try await fixture.page(.get, target).status == 404)
    }
}
