import API
import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Synchronization
import Testing

/// The identity part of the house over stores in memory, called as the network calls it. Each live
/// answer is held against the schema of its route.
struct HouseFixture {
    let stores: Stores
    let desk: FrontDesk
    let bus = EventBus()
    let dispatcher: Dispatcher
    let routes: [Route]
    let faults = FaultList()

    static let origins = SiteOrigins(
        names: HostNames(["plant"]), platformPort: 8443, editorsPort: 8444, pagesPort: 8445)
    static let origin = "https://plant:8443"
    static let password = "correct horse battery"
    /// Of `password`, made once: each takes 0.1 s.
    static let hash = (try? PasswordHash(of: password).text) ?? ""

    final class FaultList: Sendable {
        private let list = Mutex<[String]>([])
        func add(_ faults: [String]) { list.withLock { $0 += faults } }
        var all: [String] { list.withLock { $0 } }
    }

    /// - Parameter others: resources beside those of identity.
    init(
        adding others: (Stores, EventBus) async throws -> [any Resource] = { _, _ in [] }
    ) async throws {
        let stores = try await Stores.inMemory()
        let desk = FrontDesk(
            stores: stores, passwords: PasswordHasher(),
            marks: DeviceMark(key: [UInt8](repeating: 7, count: 32)))
        self.stores = stores
        self.desk = desk
        routes = RouteTable.described(
            RouteTable.directory(
                stores: stores, desk: desk, bus: bus,
                time: SteadyTime(settings: stores.settings), version: "0.1.0")
                + (try await others(stores, bus)),
            version: "0.1.0")
        let faults = faults
        dispatcher = Dispatcher(
            routes: routes,
            callers: Authentication(
                directory: CallerDirectory(stores: stores), origins: Self.origins),
            scopes: ScopeResolver(applications: stores.applications), origins: Self.origins,
            pages: { _ in .text("page") }
        ) { route, response in
            guard let schema = route.responseSchema,
                case .full(let status, _, .bytes(let bytes)) = response
            else { return }
            if status != route.status { faults.add(["\(route.pattern): status \(status)"]) }
            guard let value = try? JSONReader.read(bytes) else {
                faults.add(["\(route.pattern): no JSON"])
                return
            }
            faults.add(schema.faults(in: value, at: "\(route.method.text) \(route.pattern)"))
        }
    }

    /// Set up, with `anna` as the administrator.
    func factory() async throws -> Factory {
        try await Factory(stores: stores, passwordHash: Self.hash)
    }

    /// What a browser or a script sends.
    struct Client {
        var headers: [(String, String)] = []

        static let nobody = Client()
        static func bearer(_ secret: String) -> Client {
            Client(headers: [(Header.authorization, "Bearer \(secret)")])
        }
        /// A page of ours, with its cookie and its token.
        static func browser(cookie: String, csrf: String, origin: String = HouseFixture.origin)
            -> Client
        {
            Client(headers: [
                (Header.cookie, "__Host-lineside=\(cookie)"), (CSRF.header, csrf),
                (Header.origin, origin),
            ])
        }
    }

    struct Answer {
        let status: Int
        let headers: Headers
        let json: JSONValue
        let text: String
    }

    func call(
        _ method: HTTP.Method, _ path: String, _ body: JSONObject? = nil, as client: Client
    ) async throws -> Answer {
        let request = try GatewayFixture.request(
            method, path.hasPrefix("/") ? path : "/api/v1/\(path)", port: 8443, client.headers,
            body: body.map { String(decoding: $0.json, as: UTF8.self) } ?? "")
        let response = await dispatcher.answer(request)
        var text = ""
        if case .full(_, _, .bytes(let bytes)) = response {
            text = String(decoding: bytes, as: UTF8.self)
        }
        return Answer(
            status: response.status ?? 0, headers: response.headers,
            json: (try? JSONReader.read(Array(text.utf8))) ?? .null, text: text)
    }

    /// A browser that has signed in.
    func signIn(_ username: String, password: String = password) async throws -> Client {
        let answer = try await call(
            .post, "session",
            JSONObject([("username", .string(username)), ("password", .string(password))]),
            as: Client(headers: [(Header.origin, Self.origin)]))
        try #require(answer.status == 201, "\(answer.text)")
        return .browser(
            cookie: try #require(Self.cookie(answer, "__Host-lineside")),
            csrf: try #require(answer.json["csrf"]?.string))
    }

    static func cookie(_ answer: Answer, _ name: String) -> String? {
        for header in answer.headers.all(Header.setCookie) {
            let pair = header.split(separator: ";")[0].split(separator: "=", maxSplits: 1)
            if pair.first.map(String.init) == name { return pair.count > 1 ? String(pair[1]) : "" }
        }
        return nil
    }

    /// A script of that user.
    func token(
        of user: User, readOnly: Bool = false, scope: Scope = .site, expiresAt: Timestamp? = nil
    ) async throws -> Client {
        let secret = MachineSecret(prefix: PersonalToken.prefix)
        _ = try await stores.tokens.insert(
            Name(stored: String(secret.text.suffix(12))), for: user.id, secretHash: secret.hash,
            readOnly: readOnly, scope: scope, expiresAt: expiresAt, by: .site)
        return .bearer(secret.text)
    }
}

extension JSONObject {
    init(texts: (String, String)...) { self.init(texts.map { ($0.0, .string($0.1)) }) }
}
