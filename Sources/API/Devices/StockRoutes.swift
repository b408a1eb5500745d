import Basics
import Domain
package import HTTP
package import Site
import Store

/// What an unmodified FlowFuse agent calls before it is a device of the site. Paths and status codes
/// are the agent's; it takes nothing else.
package struct StockRoutes: Resource {
    private let stock: StockEnrolment
    private let creation: DeviceCreationRoutes

    package init(stock: StockEnrolment, creation: DeviceCreationRoutes) {
        self.stock = stock
        self.creation = creation
    }

    package var routes: [Route] {
        [
            // Three callers at one address: who is signed in, an agent with a provisioning token,
            // and an agent with a one-time code. The last writes a slash behind it.
            Route.described(
                .post, "/api/v1/devices", .anybody, "Add a device", request: NewDevice.schema,
                answer: Created<DeviceView>.self, add),
            Route.raw(
                .post, "/api/v1/devices/", .anybody, "Add a stock agent by its one-time code",
                add),
            Route.raw(
                .post, "/api/v1/devices/_/register", .anybody,
                "Begin the registration of a stock agent by a page", beginRegistration),
            Route.raw(
                .get, "/api/v1/devices/_/register/done/{secret}", .anybody,
                "Ask whether a person has added the agent", registration),
            Route.raw(
                .get, "/api/v1/settings", .anybody, "Tell an agent that the site is there",
                settings),
            Route.raw(
                .get, "/api/v1/settings/", .anybody, "Tell an agent that the site is there",
                settings),
        ]
    }

    private func add(_ context: RequestContext) async throws(Problem) -> Response {
        guard let secret = Self.secret(context.request) else {
            return try await creation.add(context)
        }
        let body = try await context.jsonBody(limit: ByteCount(16_384))
        let address = context.request.peer.address
        let made: StockEnrolment.Credentials
        do throws(StockEnrolment.Fault) {
            switch secret {
            case .provisioning(let token):
                made = try await stock.provision(
                    token: token, name: body["name"]?.string, type: body["type"]?.string,
                    team: body["team"]?.string, address: address)
            case .code(let code):
                made = try await stock.connect(
                    code: code, host: body["agentHost"]?.string, address: address)
            }
        } catch { return Self.refusal(error) }
        return Self.json(200, device(made, context))
    }

    private enum Secret {
        case provisioning(String)
        case code(String)
    }

    /// `nil`: whoever it is, it is no agent.
    private static func secret(_ request: Request) -> Secret? {
        guard let text = request.headers[Header.authorization] else { return nil }
        let parts = text.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let bearer = String(parts[1])
        if bearer.hasPrefix(StockTokens.provisioningPrefix) { return .provisioning(bearer) }
        guard let bytes = Base64URL.decode(bearer),
            let code = String(validating: bytes, as: UTF8.self), StockTokens.isOneTimeCode(code)
        else { return nil }
        return .code(code)
    }

    /// 401 for what is wrong, used or over: the agent then says so.
    private static func refusal(_ fault: StockEnrolment.Fault) -> Response {
        let problem = Problem(fault)
        let status: Int =
            switch fault {
            case .refusal(.tooMany): 429
            case .refusal, .otherTeam: 401
            case .store, .sealing: problem.status
            }
        var json = JSONWriter()
        json.object { json in
            json.field("code", "unauthorized")
            json.field("error", problem.detail ?? problem.title)
        }
        var headers: Headers = [Header.contentType: "application/json"]
        if let seconds = problem.retryAfter { headers.add(Header.retryAfter, "\(seconds)") }
        return .full(status: status, headers: headers, body: .bytes(json.bytes))
    }

    private func device(
        _ made: StockEnrolment.Credentials, _ context: RequestContext
    ) -> [UInt8] {
        let device = made.device
        var json = JSONWriter()
        json.object { json in
            json.field("id", device.id)
            json.field("name", device.name.text)
            json.field("type", device.type)
            json.object("team") { json in
                json.field("id", device.teamID)
                json.field("name", made.teamName)
            }
            json.object("credentials") { json in
                json.field("token", made.token)
                json.field("credentialSecret", made.credentialSecret)
                json.object("broker") { json in
                    json.field("url", StockFile.broker(context.link("")))
                    json.field("username", device.brokerName)
                    json.field("password", made.brokerPassword)
                }
            }
            // What the agent looks at to know what it may send.
            json.object("meta") { $0.field("ffVersion", Self.platformVersion) }
        }
        return json.bytes
    }

    /// Of the platform whose protocol this is.
    private static let platformVersion = "2.33.2"

    private func beginRegistration(_ context: RequestContext) async throws(Problem) -> Response {
        guard let begun = stock.beginRegistration(context.request.peer.address) else {
            throw .throttled("Too many registrations have been begun. Try again in a minute.")
        }
        var json = JSONWriter()
        json.object { json in
            json.field("registerUrl", "/register/remote-instance/\(begun.page)")
            json.field("doneUrl", "/api/v1/devices/_/register/done/\(begun.done)")
        }
        return Self.json(200, json.bytes)
    }

    private func registration(_ context: RequestContext) async throws(Problem) -> Response {
        switch stock.registration(context.parameter("secret")) {
        case nil: throw .notFound("This registration")
        case .pending: return Self.json(202, Array("{}".utf8))
        case .done(let device, let code):
            var json = JSONWriter()
            json.object { json in
                json.field("id", device)
                json.field("otc", code)
            }
            return Self.json(200, json.bytes)
        }
    }

    private func settings(_ context: RequestContext) async throws(Problem) -> Response {
        Self.json(200, Array("{}".utf8))
    }

    private static func json(_ status: Int, _ bytes: [UInt8]) -> Response {
        .full(
            status: status, headers: [Header.contentType: "application/json"],
            body: .bytes(bytes))
    }
}

/// An agent asks for the root with its token, and goes on only after 200: with a page or without.
package enum StockGreeting {
    package static func before(_ pages: @escaping Handler) -> Handler {
        { request in
            guard request.target.path == "/", request.method.isSafe,
                request.headers.contains(Header.authorization), request.head.upgrade == nil
            else { return await pages(request) }
            return .text("Lineside\n")
        }
    }
}
