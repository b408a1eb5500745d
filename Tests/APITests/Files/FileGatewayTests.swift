import Basics
import Crypto
import Domain
import Glibc
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@testable import API

/// The files area on the pages' origin.
@Suite("File gateway", .timeLimit(.minutes(10))) struct FileGatewayTests {
    let directory: TemporaryDirectory
    let fixture: GatewayFixture
    let root: String

    init() async throws {
        directory = try TemporaryDirectory()
        let stores = try await Stores.inMemory()
        fixture = try GatewayFixture(
            files: FilesKeeper(state: directory.path, stores: stores))
        let layout = InstanceLayout(state: directory.path, fixture.instance)
        try layout.makeDirectories()
        root = layout.files
        try Files.makeDirectory("\(root)/sub dir")
        try Files.replace("\(root)/report.csv", with: Array("a;b\n".utf8))
        try Files.replace("\(root)/sub dir/index.html", with: Array("<h1>hi</h1>".utf8))
        try Files.replace("\(directory.path)/secret", with: Array("the key".utf8))
    }

    private func serve(
        _ access: PageAccess, served: Bool = true, basic: InstanceSettings.PageBasic? = nil
    ) {
        fixture.instances.set(
            InstanceEntrance(
                id: fixture.instance, name: "Press", slug: "press",
                path: ScopePath(application: fixture.application), access: access,
                pageBasic: basic, state: .stopped, port: nil, pageSecret: "page-secret",
                servesFiles: served))
    }

    private func get(
        _ target: String, _ headers: [(String, String)] = [], method: HTTP.Method = .get
    ) async throws -> FileClient.Answer {
        try await FileClient.answer(fixture.page(method, target, headers))
    }

    @Test("Served to who may open the pages, whether the instance runs or not")
    func open() async throws {
        serve(.open)
        let answer = try await get("/f/press/report.csv")
        #expect(answer.status == 200 && answer.text == "a;b\n")
        #expect(answer.headers[Header.contentType] == "text/csv; charset=utf-8")
        #expect(answer.headers[Header.xContentTypeOptions] == "nosniff")
        #expect(answer.headers[Header.cacheControl] == "no-cache")
        #expect(answer.headers[Header.contentSecurityPolicy] == nil)
        let tag = try #require(answer.headers[Header.etag])
        #expect(try await get("/f/press/report.csv", [(Header.ifNoneMatch, tag)]).status == 304)
        let part = try await get("/f/press/report.csv", [(Header.range, "bytes=1-")])
        #expect(part.status == 206 && part.text == ";b\n")
        #expect(try await get("/f/press/report.csv", [(Header.range, "bytes=9-")]).status == 416)
        #expect(try await get("/f/press/report.csv", method: .head).status == 200)
        for method in [HTTP.Method.post, .put, .delete] {
            let refused = try await get("/f/press/report.csv", method: method)
            #expect(refused.status == 405 && refused.headers[Header.allow] == "GET, HEAD")
        }
    }

    @Test("Folders show their index.html and are never listed; pages run no scripts")
    func folders() async throws {
        serve(.open)
        let page = try await get("/f/press/sub%20dir/")
        #expect(page.status == 200 && page.text == "<h1>hi</h1>")
        let policy = try #require(page.headers[Header.contentSecurityPolicy])
        #expect(policy.hasPrefix("sandbox ") && policy.contains("script-src 'none'"))
        #expect(!policy.contains("allow-scripts"))
        let redirect = try await get("/f/press/sub%20dir?a=1")
        #expect(redirect.status == 307)
        #expect(redirect.headers[Header.location] == "/f/press/sub%20dir/?a=1")
        #expect(try await get("/f/press").headers[Header.location] == "/f/press/")
        #expect(try await get("/f/press/").status == 404)
        try Files.replace("\(root)/x.SVG", with: Array("<svg/>".utf8))
        let picture = try await get("/f/press/x.SVG")
        #expect(picture.headers[Header.contentType] == "image/svg+xml")
        #expect(picture.headers[Header.contentSecurityPolicy] != nil)
    }

    @Test(
        "Nothing but the area is served",
        arguments: [
            "/f/press/link", "/f/press/dir/secret", "/f/press/%2e%2e%2fsecret", "/f/press/none",
            "/f/press//report.csv", "/f/press/report.csv/", "/f/press/pipe", "/f/PRESS/report.csv",
            "/f/other/report.csv", "/f/", "/f", "/f//report.csv", "/f/press/sub%2520dir/",
            "/f/press/%FF",
        ])
    func nothing(target: String) async throws {
        serve(.open)
        symlink("\(directory.path)/secret", "\(root)/link")
        symlink(directory.path, "\(root)/dir")
        mkfifo("\(root)/pipe", 0o600)
        guard let answer = try? await get(target) else { return }
        #expect(answer.status == 404, "\(answer.status)")
        #expect(!answer.text.contains("the key"))
    }

    @Test("Not before the instance says so, and not after it took it back")
    func notServed() async throws {
        serve(.open, served: false)
        #expect(try await get("/f/press/report.csv").status == 404)
        serve(.open)
        #expect(try await get("/f/press/report.csv").status == 200)
        serve(.open, served: false)
        #expect(try await get("/f/press/report.csv").status == 404)
    }

    @Test("For signed-in users: a browser is sent to sign in and comes back to the file")
    func login() async throws {
        serve(.login)
        let html = [(Header.accept, "text/html")]
        let away = try await get("/f/press/sub%20dir/?a=1", html)
        #expect(away.status == 303)
        #expect(
            away.headers[Header.location]
                == "https://plant:8443/open/pages/press?path=%2Ff%2Fpress%2Fsub%2520dir%2F%3Fa%3D1")
        #expect(try await get("/f/press/report.csv").status == 401)
        let code = fixture.doorkeeper.issueCode(
            side: .pages, session: fixture.session, instance: fixture.instance,
            slug: Slug(stored: "press"), path: "/f/press/sub%20dir/?a=1",
            expiry: Timestamp.now() + .seconds(60))
        let opened = try await fixture.page(
            .post, "/lineside/open",
            [
                (Header.origin, GatewayFixture.platform),
                (Header.contentType, "application/x-www-form-urlencoded"),
            ], body: "code=\(code)")
        #expect(opened.headers[Header.location] == "/f/press/sub%20dir/?a=1")
        let cookie = (Header.cookie, try fixture.cookie(.pages))
        let answer = try await get("/f/press/report.csv", [cookie])
        #expect(answer.status == 200)
        #expect(answer.headers[Header.cacheControl] == "private, no-cache")
        // A page of another site spends no cookie.
        let foreign = [
            cookie, (Header.origin, "https://evil"), (Header.secFetchSite, "cross-site"),
        ]
        #expect(try await get("/f/press/report.csv", foreign).status == 401)
        fixture.sessions.set(nil, for: fixture.session)
        fixture.signal.raise()
        #expect(try await get("/f/press/report.csv", [cookie]).status == 401)
    }

    @Test("By token and by name and password, as the pages of the instance")
    func machines() async throws {
        serve(.token)
        func get(_ authorization: String) async throws -> Int {
            try await self.get("/f/press/report.csv", [(Header.authorization, authorization)])
                .status
        }
        #expect(try await get("Bearer lsg_right") == 200)
        #expect(try await get("Bearer lsg_wrong") == 401)
        #expect(try await self.get("/f/press/report.csv").status == 401)
        let hash = try await PasswordHasherFixture.hash("right one")
        serve(.basic, basic: .init(name: "line", passwordHash: hash))
        func basic(_ text: String) -> String {
            "Basic \(Base64URL.encodeClassic(Array(text.utf8)))"
        }
        #expect(try await get(basic("line:right one")) == 200)
        #expect(try await get(basic("line:wrong")) == 401)
        #expect(try await get("Bearer lsg_right") == 401)
    }

    @Test("A long answer is cut when what let it in is gone")
    func closing() async throws {
        serve(.open)
        let file = creat("\(root)/big", 0o600)
        #expect(ftruncate(file, 1 << 40) == 0)
        close(file)
        let response = try await fixture.page(.get, "/f/press/big")
        guard case .stream(200, _, (1 << 40)?, let write) = response else {
            Issue.record("no stream")
            return
        }
        let writer = ResponseWriter { [self] (_) async throws(StreamFault) in
            serve(.login)
        }
        await #expect(throws: StreamFault.closed) { try await write(writer) }
    }

    @Test("A file that is cut while it is sent ends the answer, and never pads it")
    func cut() async throws {
        serve(.open)
        try Files.replace("\(root)/log", with: [UInt8](repeating: 65, count: 600_000))
        let response = try await fixture.page(.get, "/f/press/log")
        guard case .stream(_, _, _, let write) = response else {
            Issue.record("no stream")
            return
        }
        let path = "\(root)/log"
        let writer = ResponseWriter { (_) async throws(StreamFault) in truncate(path, 1_000) }
        await #expect(throws: StreamFault.self) { try await write(writer) }
    }
}
