import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("The registry as npm calls it") struct PackageDoorTests {
    let house: HouseFixture
    let client: HouseFixture.Client
    let door: PackageDoor
    private let directory: TemporaryDirectory

    init() async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        house = try await HouseFixture()
        let factory = try await house.factory()
        client = try await house.token(of: factory.administrator, readOnly: true)
        let instance = try await factory.instance("Press")
        let user = InstanceLayout(state: directory.path, instance.id).user
        for (path, text) in [
            ("package.json", #"{"dependencies":{}}"#),
            ("@plant/press/package.json", #"{"name":"@plant/press","version":"1.2.3"}"#),
            ("plain/package.json", #"{"name":"plain","version":"1.0.0","bin":"run.js"}"#),
            ("plain/run.js", "// runs\n"),
        ] {
            let file = path == "package.json" ? "\(user)/\(path)" : "\(user)/node_modules/\(path)"
            try Files.makeDirectory(Files.parent(of: file))
            try Files.replace(file, with: Array(text.utf8))
        }
        let stacks = StackRegistry(
            shelf: StackShelf(directory: "\(directory.path)/stacks"), store: house.stores.stacks)
        try await stacks.prepare()
        let callers = Authentication(
            directory: CallerDirectory(stores: house.stores), origins: HouseFixture.origins)
        door = PackageDoor(
            registry: PackageRegistry(
                stacks: stacks, stores: house.stores, state: directory.path),
            callers: SitePackageCallers(callers: callers, teams: house.stores.teams),
            origins: HouseFixture.origins
        ) { _ in .text("page") }
    }

    struct Answer {
        let status: Int
        let headers: Headers
        let json: JSONValue
    }

    func ask(
        _ path: String, _ method: HTTP.Method = .get, more: [(String, String)] = [],
        as caller: HouseFixture.Client? = nil
    ) async throws -> Answer {
        let request = try GatewayFixture.request(
            method, path, port: 8443, (caller ?? client).headers + more)
        let response = await door.answer(request)
        var json = JSONValue.null
        if case .full(_, _, .bytes(let bytes)) = response {
            json = (try? JSONReader.read(bytes)) ?? .null
        }
        return Answer(status: response.status ?? 0, headers: response.headers, json: json)
    }

    @Test(
        "A scope is one part of the path or two",
        arguments: ["/npm/@plant%2fpress", "/npm/@plant%2Fpress", "/npm/@plant/press"])
    func scopes(path: String) async throws {
        let answer = try await ask(path)
        #expect(answer.status == 200)
        #expect(answer.json["name"]?.string == "@plant/press")
        let tarball = answer.json["versions"]?["1.2.3"]?["dist"]?["tarball"]?.string
        #expect(tarball == "\(HouseFixture.origin)/npm/@plant/press/-/press-1.2.3.tgz")
        let place = try #require(tarball).replacing(HouseFixture.origin, with: "")
        #expect(try await ask(place).status == 200)
    }

    @Test("npm gets the short form, people the full one")
    func forms() async throws {
        let short = try await ask(
            "/npm/plain", more: [("accept", "application/vnd.npm.install-v1+json; q=1.0")])
        #expect(short.headers[Header.contentType] == "application/vnd.npm.install-v1+json")
        #expect(short.json["time"] == nil)
        #expect(short.json["versions"]?["1.0.0"]?["bin"]?["plain"]?.string == "run.js")
        let full = try await ask("/npm/plain")
        #expect(full.json["time"]?["1.0.0"] != nil)
        #expect(full.json["_id"]?.string == "plain")
        #expect(try await ask("/npm/plain/latest").json["version"]?.string == "1.0.0")
        #expect(
            try await ask("/npm/-/package/plain/dist-tags").json["latest"]?.string == "1.0.0")
    }

    @Test(
        "What has not changed is not sent again",
        arguments: ["/npm/plain", "/npm/plain/-/plain-1.0.0.tgz"])
    func etag(path: String) async throws {
        let first = try await ask(path)
        let tag = try #require(first.headers[Header.etag])
        #expect(try await ask(path, more: [(Header.ifNoneMatch, tag)]).status == 304)
        #expect(try await ask(path, .head).status == 200)
    }

    @Test(
        "What is not there is said in JSON",
        arguments: [
            "/npm/nothing", "/npm/plain/9.9.9", "/npm/plain/-/plain-9.9.9.tgz",
            "/npm/plain/-/other-1.0.0.tgz", "/npm/@plant", "/npm/-/nothing",
            "/npm/plain/-/plain-1.0.0.tgz/more", "/npm/%5fplain", "/npm/@plant%2fa%2fb",
        ])
    func missing(path: String) async throws {
        let answer = try await ask(path)
        #expect(answer.status == 404)
        #expect(answer.json["error"]?.string != nil)
    }

    @Test("Nobody reads, and nobody writes")
    func refused() async throws {
        #expect(try await ask("/npm/plain", as: .nobody).status == 401)
        #expect(try await ask("/npm/plain/-/plain-1.0.0.tgz", as: .nobody).status == 401)
        #expect(try await ask("/npm/plain", as: .bearer("lsp_wrong")).status == 401)
        #expect(try await ask("/npm/-/ping", as: .nobody).status == 200)
        let put = try await ask("/npm/plain", .put)
        #expect(put.status == 405)
        #expect(put.headers[Header.allow] == "GET, HEAD")
    }

    @Test("The catalogue is open to editors of other origins and names no instance's packages")
    func catalogue() async throws {
        let answer = try await ask("/catalogue.json", as: .nobody)
        #expect(answer.status == 200)
        #expect(answer.headers["access-control-allow-origin"] == "*")
        #expect(answer.json["modules"]?.array?.isEmpty == true)
    }
}
