import Basics
import Domain
package import HTTP
package import Site
import Synchronization

/// From a request to its route and back: host, route, caller, permission, handler, headers.
package struct Dispatcher: Sendable {
    private let tree: RouteTree<Route>
    private let callers: any CallerSource
    private let scopes: ScopeResolver
    /// `nil` on the admin socket, where there is neither a host nor a browser.
    private let origins: SiteOrigins?
    private let security: SecurityHeaders
    private let pages: Handler
    /// Sees each JSON answer beside its route before it leaves. Tests hold it against the schema.
    private let inspect: (@Sendable (Route, Response) -> Void)?
    private let log = Log("api")

    /// - Parameter pages: answers every path outside `/api/` that is no route.
    package init(
        routes: [Route], callers: any CallerSource, scopes: ScopeResolver, origins: SiteOrigins?,
        pages: @escaping Handler, inspect: (@Sendable (Route, Response) -> Void)? = nil
    ) {
        var tree = RouteTree<Route>()
        for route in routes { tree.add(route.method, route.pattern, route) }
        self.tree = tree
        self.callers = callers
        self.scopes = scopes
        self.origins = origins
        security = SecurityHeaders(origins: origins)
        self.pages = pages
        self.inspect = inspect
    }

    package func answer(_ request: Request) async -> Response {
        var called: Authority?
        if let origins {
            let host = request.headers[Header.host]
            called = origins.authority(host: host, on: .platform)
            guard called != nil else {
                return GatewayAnswers(origins: origins).answer(
                    .unknownHost(host ?? "?"), to: request, platform: nil)
            }
        }
        let response: Response
        if request.target.path.hasPrefix("/api/") || isRoute(request) {
            response = await answerAPI(request, called: called)
        } else {
            response = await pages(request)
        }
        return finished(response, request, called: called)
    }

    /// A few routes lie outside of `/api/`, where agents and tools look for them.
    private func isRoute(_ request: Request) -> Bool {
        switch tree.match(request.method, request.target) {
        case .found, .methodNotAllowed: true
        case .notFound, .malformed: false
        }
    }

    private func answerAPI(_ request: Request, called: Authority?) async -> Response {
        switch tree.match(request.method, request.target) {
        case .notFound: return .problem(.notFound("This address"))
        case .malformed: return .problem(.malformed("No address of ours looks like this."))
        case .methodNotAllowed(let methods):
            let names = methods.map(\.text).joined(separator: ", ")
            let problem = Problem(
                type: "/problems/method", title: "Method not allowed", status: 405,
                detail: "This address takes \(names).")
            return .problem(problem, headers: [Header.allow: names])
        case .found(let route, let parameters):
            do throws(Problem) {
                let context = try await admit(request, route, parameters, called: called)
                let response = try await route.run(context)
                inspect?(route, response)
                return response
            } catch {
                var problem = error
                problem.instance = request.id
                if problem.status >= 500 {
                    log.error(
                        "\(request.id) \(route.method.text) \(route.pattern): \(problem.title)")
                }
                return .problem(problem, headers: Self.headers(for: problem))
            }
        }
    }

    private func admit(
        _ request: Request, _ route: Route, _ parameters: [String: String], called: Authority?
    ) async throws(Problem) -> RequestContext {
        func context(_ caller: Caller, _ path: ScopePath) -> RequestContext {
            RequestContext(
                request: request, caller: caller, path: path, called: called,
                parameters: parameters)
        }
        let (permission, reach): (Permission, Route.Reach)
        switch route.admission {
        case .permission(let needed, let place): (permission, reach) = (needed, place)
        case .device:
            let caller = try await callers.caller(of: request)
            guard let agent = caller.agent,
                parameters["device"].map({ $0 == agent.device.text }) ?? true,
                parameters["team"].map({ $0 == agent.team.text }) ?? true
            else { throw .unauthenticated }
            let callers = callers
            return RequestContext(
                request: request, caller: caller,
                path: ScopePath(team: agent.team, application: agent.application), called: called,
                parameters: parameters,
                judge: { () async throws(Problem) in
                    let now = try await callers.caller(of: request)
                    guard now.device == agent.device else { throw .unauthenticated }
                })
        case .anybody:
            // Signing in and its like: a page of another origin must not do it for its visitor.
            if !request.method.isSafe, let origin = request.headers[Header.origin],
                origin != called?.httpsOrigin
            {
                throw .foreignOrigin
            }
            return context(.nobody, .site)
        }
        let caller = try await callers.caller(of: request)
        guard caller.isSignedIn else { throw .unauthenticated }
        if reach == .anywhere {
            guard !caller.readOnly || permission.isReading else { throw Self.readOnly }
            return context(caller, .site)
        }
        let path = try await scopes.path(of: parameters)
        guard caller.may(permission, at: path) else {
            // Who has no role there does not learn that the thing exists.
            if path != .site, caller.role(at: path) == nil {
                throw .notFound(ScopeResolver.subject(of: parameters))
            }
            if caller.readOnly, !permission.isReading { throw Self.readOnly }
            throw .forbidden("Your role does not include: \(permission.description.lowercased()).")
        }
        return context(caller, path)
    }

    private static let readOnly = Problem.forbidden("This token may only read.")

    private static func headers(for problem: Problem) -> Headers {
        var headers = Headers()
        if problem.status == 401 { headers.add(Header.wwwAuthenticate, "Bearer") }
        if let seconds = problem.retryAfter { headers.add(Header.retryAfter, "\(seconds)") }
        return headers
    }

    private func finished(
        _ response: Response, _ request: Request, called: Authority?
    ) -> Response {
        func dressed(_ headers: Headers) -> Headers {
            var headers = headers
            security.apply(to: &headers, called: called, requestID: request.id)
            if !headers.contains(Header.cacheControl) {
                headers.add(Header.cacheControl, "no-store")
            }
            return headers
        }
        switch response {
        case .full(let status, let headers, let body):
            return .full(status: status, headers: dressed(headers), body: body)
        case .stream(let status, let headers, let length, let write):
            return .stream(status: status, headers: dressed(headers), length: length, write)
        case .webSocket, .upgrade, .handOver, .proxy: return response
        }
    }
}
