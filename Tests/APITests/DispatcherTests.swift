import Basics
import Domain
import HTTP
import Site
import Store
import Testing

@testable import API

struct PressView: APIView {
    static var schema: Schema { .object("Press", [.field("name", .text)]) }
    let name: String
    func write(to json: inout JSONWriter) { json.object { $0.field("name", name) } }
}

struct RenamePress: APIBody {
    static var schema: Schema { .object("RenamePress", [.field("name", .text)]) }
    let name: String
    init(json: JSONObject) throws(JSONFieldError) { name = try json.string("name") }
}

struct FixedCaller: CallerSource {
    let caller: Caller
    func caller(of request: Request, csrf: String?) async throws(Problem) -> Caller { caller }
}

@Suite("Dispatcher") struct DispatcherTests {
    static let team = Team.ID.random()

    func dispatcher(_ caller: Caller) async throws -> Dispatcher {
        let stores = try await Stores.inMemory()
        let origins = SiteOrigins(
            names: HostNames(["plant"]), platformPort: 8443, editorsPort: 8444, pagesPort: 8445)
        let read = Route(.get, "/api/v1/presses", .needs(.siteRead), "Read it") {
            (_: RequestContext) async throws(Problem) -> Found<PressView> in
            Found(PressView(name: "4"))
        }
        let rename = Route(.patch, "/api/v1/presses", .needs(.siteEdit), "Rename it") {
            (body: RenamePress, _: RequestContext) async throws(Problem) -> Found<PressView> in
            Found(PressView(name: body.name))
        }
        let large = Route(
            .put, "/api/v1/large", .needs(.siteEdit), "Replace all", limit: .mebibytes(200)
        ) {
            (body: RenamePress, _: RequestContext) async throws(Problem) -> Found<PressView> in
            Found(PressView(name: body.name))
        }
        let health = Route(.get, "/api/v1/open", .anybody, "Open") {
            (_: RequestContext) async throws(Problem) -> Done in Done()
        }
        return Dispatcher(
            routes: [read, rename, large, health], callers: FixedCaller(caller: caller),
            scopes: ScopeResolver(applications: stores.applications), origins: origins
        ) { _ in .text("page") }
    }

    func answer(
        _ caller: Caller, _ method: HTTP.Method, _ target: String, _ body: String = "",
        host: String = "plant:8443", type: String = "application/json"
    ) async throws -> Response {
        let request = try GatewayFixture.request(
            method, target, port: 8443, [(Header.host, host), (Header.contentType, type)],
            body: body)
        return try await dispatcher(caller).answer(request)
    }

    func text(_ response: Response) -> String {
        guard case .full(_, _, .bytes(let bytes)) = response else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("A known caller gets the view, with the headers that every answer bears")
    func found() async throws {
        let response = try await answer(.site, .get, "/api/v1/presses")
        #expect(response.status == 200)
        #expect(text(response) == #"{"name":"4"}"#)
        #expect(response.headers[Header.cacheControl] == "no-store")
        #expect(response.headers[Header.crossOriginOpenerPolicy] == "same-origin")
        let policy = try #require(response.headers[Header.contentSecurityPolicy])
        #expect(policy.contains("frame-ancestors 'none'"))
        #expect(policy.contains("frame-src https://plant:8444"))
    }

    @Test("Large bodies that would take the memory together are refused; small ones are not")
    func largeBodies() async throws {
        let dispatcher = try await dispatcher(.site)
        let size = 150 << 20
        let headers = [
            (Header.host, "plant:8443"), (Header.contentType, "application/json"),
        ]
        func request(_ body: RequestBody) throws -> Request {
            let bare = try GatewayFixture.request(.put, "/api/v1/large", port: 8443, headers)
            return Request(
                head: bare.head, peer: bare.peer, body: body, id: bare.id, secure: bare.secure,
                localPort: bare.localPort)
        }
        // It has taken its share when it asks for the first byte.
        let (wanted, want) = AsyncStream<Void>.makeStream()
        let slow = RequestBody(framing: .length(Int64(size))) { want.yield() }
        let first = Task { [request = try request(slow)] in await dispatcher.answer(request) }
        _ = await wanted.first { true }
        let second = RequestBody(framing: .length(Int64(size)))
        second.fail(.incomplete)
        #expect(await dispatcher.answer(try request(second)).status == 503)
        let small = await dispatcher.answer(try request(RequestBody(Array(#"{"name":"5"}"#.utf8))))
        #expect(text(small) == #"{"name":"5"}"#)
        slow.fail(.incomplete)
        #expect(await first.value.status != 200)
    }

    @Test("Nobody, a wrong method, a wrong path and a foreign host each get their own refusal")
    func refusals() async throws {
        #expect(try await answer(.nobody, .get, "/api/v1/presses").status == 401)
        #expect(try await answer(.nobody, .get, "/api/v1/open").status == 204)
        let method = try await answer(.site, .delete, "/api/v1/presses")
        #expect(method.status == 405)
        #expect(method.headers[Header.allow] == "GET, HEAD, PATCH")
        #expect(try await answer(.site, .get, "/api/v1/nothing").status == 404)
        #expect(try await answer(.site, .get, "/", host: "evil:8443").status == 421)
        #expect(try await answer(.site, .get, "/anything").status == 200)
    }

    @Test("A read-only token reads, and is told why it may not write")
    func readOnly() async throws {
        var caller = Caller.site
        caller.readOnly = true
        #expect(try await answer(caller, .get, "/api/v1/presses").status == 200)
        let refused = try await answer(caller, .patch, "/api/v1/presses", #"{"name":"x"}"#)
        #expect(refused.status == 403)
        #expect(text(refused).contains("This token may only read."))
    }

    @Test("A body is read strictly, and the field that is wrong is named")
    func bodies() async throws {
        func patch(_ body: String, type: String = "application/json") async throws -> Response {
            try await answer(.site, .patch, "/api/v1/presses", body, type: type)
        }
        #expect(text(try await patch(#"{"name":"5"}"#)) == #"{"name":"5"}"#)
        let missing = try await patch("{}")
        #expect(missing.status == 422)
        #expect(text(missing).contains(#""fields":{"name":"is missing"}"#))
        #expect(try await patch("{").status == 400)
        #expect(try await patch("[]").status == 400)
        #expect(try await patch("name=5", type: "text/plain").status == 415)
    }

    @Test("The description of the API names every route once, with its permission")
    func openAPI() async throws {
        let route = Route(.patch, "/api/v1/presses/{press}", .needs(.siteEdit), "Rename it") {
            (body: RenamePress, _: RequestContext) async throws(Problem) -> Found<PressView> in
            Found(PressView(name: body.name))
        }
        let document = try JSONReader.read(OpenAPI(routes: [route], version: "1").json)
        let operation = try #require(document["paths"]?["/api/v1/presses/{press}"]?["patch"])
        #expect(operation["x-permission"]?.string == "site.edit")
        #expect(operation["operationId"]?.string == "patch-presses-press")
        let schemas = try #require(document["components"]?["schemas"]?.object)
        #expect(schemas.members.map(\.key) == ["Press", "RenamePress"])
    }
}
