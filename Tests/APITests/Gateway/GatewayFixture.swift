import API
import Basics
import Crypto
import Domain
import HTTP
import Site
import Synchronization

/// Sessions that a test opens and ends.
final class FakeSessions: SessionDirectory {
    private let callers = Mutex<[Session.ID: Caller]>([:])

    func caller(of session: Session.ID) async -> Caller? { callers.withLock { $0[session] } }

    func set(_ caller: Caller?, for session: Session.ID) {
        callers.withLock { $0[session] = caller }
    }
}

final class FakeInstances: InstanceDirectory {
    private let entrances = Mutex<[String: InstanceEntrance]>([:])

    func entrance(slug: String) async -> InstanceEntrance? {
        entrances.withLock { $0[slug] }
    }

    func set(_ entrance: InstanceEntrance) {
        entrances.withLock { $0[entrance.slug] = entrance }
    }
}

struct FakePageTokens: PageTokenDirectory {
    func isValid(pageToken: String, for instance: Instance.ID) async -> Bool {
        pageToken == "lsg_right"
    }
}

struct NoFiles: FileSource {
    func open(_ path: FilePath, of id: Instance.ID) async throws(FileFault) -> OpenedFile {
        throw .notFound(path)
    }
}

/// Both gateways over fakes: one session, one running instance called `press`.
struct GatewayFixture {
    let sessions = FakeSessions()
    let instances = FakeInstances()
    let signal = SecuritySignal()
    let witness = EditorWitness()
    let session = Session.ID.random()
    let instance = Instance.ID.random()
    let application = Application.ID.random()
    let doorkeeper: Doorkeeper
    let editors: EditorGateway
    let pages: PageGateway
    let key: SigningKey
    let verifier: VerifyingKey

    static let platform = "https://plant:8443"
    static let editorsOrigin = "https://plant:8444"

    init(
        role: Role = .member, access: PageAccess = .login, port: Int? = 4711,
        files: any FileSource = NoFiles()
    ) throws {
        let origins = SiteOrigins(
            names: HostNames(["plant"]), platformPort: 8443, editorsPort: 8444, pagesPort: 8445)
        key = try SigningKey.generate()
        // Time stands: what passwords cost on a busy machine ends no code and no minute.
        let moment = ContinuousClock.now
        verifier = try VerifyingKey(publicKeyPEM: try key.publicKeyPEM())
        doorkeeper = Doorkeeper(
            sessions: sessions, tickets: GatewayTickets(key: [UInt8](repeating: 1, count: 32)),
            signal: signal, now: { moment })
        let gateway = Gateway(
            origins: origins, doorkeeper: doorkeeper, directory: instances,
            sockets: OpenSockets(doorkeeper: doorkeeper, signal: signal))
        editors = EditorGateway(
            gateway, tokens: EditorTokens(key: key), witness: witness)
        pages = PageGateway(
            gateway, door: PageDoor(hasher: PasswordHasher(), now: { moment }),
            pageTokens: FakePageTokens(), files: files)
        instances.set(
            InstanceEntrance(
                id: instance, name: "Press", slug: "press",
                path: ScopePath(application: application), access: access, pageBasic: nil,
                state: port == nil ? .stopped : .running, port: port, pageSecret: "page-secret"))
        sign(in: role)
    }

    func sign(in role: Role) {
        let user = User.ID.random()
        let scope = Scope.application(application)
        let grant = Grant(id: .random(), userID: user, scope: scope, role: role)
        sessions.set(
            Caller(
                actor: .user(user, name: "anna"), grants: grant.map { [$0] } ?? [],
                sessionID: session),
            for: session)
    }

    /// The cookie that a browser holds after it came through with a code.
    func cookie(_ side: SiteOrigins.Side) throws -> String {
        let code = doorkeeper.issueCode(
            side: side, session: session, instance: instance, slug: Slug(stored: "press"),
            expiry: Timestamp.now() + .seconds(60))
        let redeemed = doorkeeper.redeem(code: code, side: side)
        guard let redeemed else { throw Missing() }
        return "\(GatewayTicket.cookieName(side, slug: "press"))=\(redeemed.cookie)"
    }

    struct Missing: Error {}

    static func request(
        _ method: HTTP.Method, _ target: String, port: Int, _ headers: [(String, String)] = [],
        upgrade: String? = nil, body: String = ""
    ) throws -> Request {
        var all = Headers(headers)
        if !all.contains(Header.host) { all.add(Header.host, "plant:\(port)") }
        let head = RequestHead(
            method: method, target: try RequestTarget(target), minorVersion: 1, headers: all,
            framing: body.isEmpty ? .none : .length(Int64(body.utf8.count)), keepAlive: true,
            expectsContinue: false, upgrade: upgrade)
        return Request(
            head: head, peer: Peer(address: "192.0.2.7"), body: RequestBody(Array(body.utf8)),
            id: "request000000000", secure: true, localPort: port)
    }

    func editor(
        _ method: HTTP.Method = .get, _ target: String, _ headers: [(String, String)] = [],
        upgrade: String? = nil, body: String = ""
    ) async throws -> Response {
        await editors.answer(
            try Self.request(method, target, port: 8444, headers, upgrade: upgrade, body: body))
    }

    func page(
        _ method: HTTP.Method = .get, _ target: String, _ headers: [(String, String)] = [],
        body: String = ""
    ) async throws -> Response {
        await pages.answer(try Self.request(method, target, port: 8445, headers, body: body))
    }
}

extension Response {
    var status: Int? {
        switch self {
        case .full(let status, _, _), .stream(let status, _, _, _): status
        default: nil
        }
    }

    var headers: Headers {
        switch self {
        case .full(_, let headers, _), .stream(_, let headers, _, _): headers
        default: Headers()
        }
    }

    /// What an instance would see of headers, where the request is passed on.
    func passedOn(_ sent: Headers = Headers()) -> Headers? {
        guard case .proxy(_, let policy) = self else { return nil }
        var headers = sent
        policy.rewriteRequestHeaders(&headers)
        return headers
    }
}

enum PasswordHasherFixture {
    static func hash(_ password: String) async throws -> String {
        try await PasswordHasher().make(password)
    }
}

enum InstanceEntranceFixture {
    static func basic(_ fixture: GatewayFixture, name: String, hash: String) -> InstanceEntrance {
        InstanceEntrance(
            id: fixture.instance, name: "Press", slug: "press",
            path: ScopePath(application: fixture.application), access: .basic,
            pageBasic: .init(name: name, passwordHash: hash), state: .running, port: 4711,
            pageSecret: "page-secret")
    }
}
