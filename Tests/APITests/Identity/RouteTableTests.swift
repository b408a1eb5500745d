import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Route table") struct RouteTableTests {
    @Test("Every route has a rule and every rule a route, once")
    func complete() async throws {
        let house = try await WholeHouse(stores: .inMemory())
        let routes = house.routes.map { "\($0.method.text) \($0.pattern)" }
        let rules = RouteRules.all.map { "\($0.method) \($0.pattern)" }
        #expect(Set(routes).subtracting(rules) == [], "routes without a rule")
        #expect(Set(rules).subtracting(routes) == [], "rules without a route")
        #expect(Set(routes).count == routes.count)
        #expect(Set(rules).count == rules.count)
    }

    @Test("Every permission is needed by a route")
    func permissionsUsed() async throws {
        let house = try await WholeHouse(stores: .inMemory())
        let used = house.routes.compactMap { route -> Permission? in
            guard case .permission(let permission, _) = route.admission else { return nil }
            return permission
        }
        #expect(Set(Permission.allCases).subtracting(used) == [])
    }

    @Test("Each route lets in exactly those of its rule")
    func everyRouteAndCaller() async throws {
        let ground = try await Ground()
        var wrong: [String] = []
        for rule in RouteRules.all {
            for visitor in ground.visitors {
                let status = try await ground.status(of: rule, for: visitor)
                let expected = ground.expected(rule, visitor)
                if status != expected {
                    wrong.append(
                        "\(rule.method) \(rule.pattern) as \(visitor.name): \(status), not \(expected)"
                    )
                }
            }
        }
        #expect(wrong == [])
    }
}

/// One of everything that a path can name, and one of everybody who may come.
private struct Ground {
    struct Visitor {
        enum Kind { case nobody, expired, foreignOrigin, other, role(Role), readOnly }
        let name: String
        let kind: Kind
        let headers: [(String, String)]
    }

    let dispatcher: Dispatcher
    let visitors: [Visitor]
    private let ids: [String: String]

    init() async throws {
        let stores = try await Stores.inMemory()
        let factory = try await Factory(stores: stores)
        let team = factory.team
        let instance = try await factory.instance("OEE")
        let device = try await factory.device("Press 4")
        let version = try await factory.version(of: instance)
        let snapshot = try await stores.snapshots.insert(
            try Name(validating: "Good"), note: .empty, of: version.id, in: instance.id, by: .site)
        let alarm = try await stores.alarms.raise(
            .instanceCrashed, on: instance.reference, at: instance.path, text: "It crashed.")
        let guest = try await factory.user("guest")
        let grant = try await stores.grants.grant(
            .viewer, at: .team(team.id), to: guest.id, by: .site)
        let group = try await stores.deviceGroups.insert(
            .init(application: factory.application.id, name: try Name(validating: "Presses")),
            by: .site)
        let window = try await stores.windows.insert(
            try Name(validating: "Night"),
            .init(zone: .utc, weekly: [.init(days: [1], startMinute: 0, minutes: 60)]),
            in: factory.application.id, by: .site)
        let deployment = try await factory.deployment(of: snapshot, to: [device])
        ids = [
            "team": team.id.text, "application": factory.application.id.text,
            "instance": instance.id.text, "device": device.id.text, "snapshot": snapshot.id.text,
            "group": group.listed.group.id.text, "window": window.id.text,
            "deployment": deployment.id.text,
            "alarm": alarm.alarm.id.text, "grant": grant.id.text, "version": version.id.text,
        ]
        // The real routes, answering 204 instead of doing anything.
        let routes = try await WholeHouse(stores: stores).routes.map { route in
            Route.raw(route.method, route.pattern, route.admission, route.summary) {
                (_) async throws(Problem) -> Response in .empty()
            }
        }
        dispatcher = Dispatcher(
            routes: routes,
            callers: Authentication(
                directory: CallerDirectory(stores: stores), origins: HouseFixture.origins),
            scopes: ScopeResolver(applications: stores.applications),
            origins: HouseFixture.origins
        ) { _ in .text("page") }
        visitors = try await Self.visitors(factory)
    }

    private static func visitors(_ factory: Factory) async throws -> [Visitor] {
        let stores = factory.stores
        let admin = factory.administrator
        func browser(_ user: User, origin: String = HouseFixture.origin) async throws
            -> [(String, String)]
        {
            let (token, csrf) = (MachineSecret(), MachineSecret())
            _ = try await stores.sessions.create(
                for: user, tokenHash: token.hash, csrfHash: csrf.hash, address: "", agent: "",
                by: .site)
            return HouseFixture.Client.browser(
                cookie: token.text, csrf: csrf.text, origin: origin
            ).headers
        }
        func bearer(_ readOnly: Bool, _ expiry: Timestamp?, _ scope: Scope = .site) async throws
            -> [(String, String)]
        {
            let secret = MachineSecret(prefix: PersonalToken.prefix)
            _ = try await stores.tokens.insert(
                Name(stored: String(secret.text.suffix(12))), for: admin.id,
                secretHash: secret.hash, readOnly: readOnly, scope: scope, expiresAt: expiry,
                by: .site)
            return [(Header.authorization, "Bearer \(secret.text)")]
        }
        let ended = try await browser(admin)
        try await stores.sessions.revokeAll(of: admin.id, by: .site)
        let otherTeam = try await factory.team("Other")
        var visitors = [
            Visitor(name: "nobody", kind: .nobody, headers: []),
            Visitor(name: "an ended session", kind: .expired, headers: ended),
            Visitor(
                name: "an expired token", kind: .expired,
                headers: try await bearer(false, .now() - .seconds(1))),
            Visitor(
                name: "a wrong token", kind: .expired,
                headers: [(Header.authorization, "Bearer lsp_\(Randomness.secret())")]),
            Visitor(
                name: "a page of the pages' origin", kind: .foreignOrigin,
                headers: try await browser(admin, origin: "https://plant:8445")),
            Visitor(
                name: "a page of the editors' origin", kind: .foreignOrigin,
                headers: try await browser(admin, origin: "https://plant:8444")),
            Visitor(
                name: "the owner of another team", kind: .other,
                headers: try await browser(
                    try await factory.user("olga", [(.team(otherTeam.id), .owner)]))),
            Visitor(
                name: "a read-only token of the administrator", kind: .readOnly,
                headers: try await bearer(true, nil)),
            Visitor(
                name: "the administrator", kind: .role(.administrator),
                headers: try await browser(admin)),
        ]
        for role in [Role.dashboard, .viewer, .member, .owner] {
            let user = try await factory.user(
                "\(role.rawValue)-user", [(.team(factory.team.id), role)])
            visitors.append(
                Visitor(name: role.rawValue, kind: .role(role), headers: try await browser(user)))
        }
        return visitors
    }

    func status(of rule: RouteRules.Rule, for visitor: Visitor) async throws -> Int {
        var path = rule.pattern
        for part in rule.pattern.split(separator: "/") where part.hasPrefix("{") {
            let name = String(part.dropFirst().dropLast())
            path = path.replacing(part, with: ids[name] ?? "aaaaaaaaaaaaaaaaaaaa")
        }
        let request = try GatewayFixture.request(
            HTTP.Method(rule.method), path, port: 8443, visitor.headers)
        return await dispatcher.answer(request).status ?? 0
    }

    func expected(_ rule: RouteRules.Rule, _ visitor: Visitor) -> Int {
        let isSite = !ids.keys.contains { rule.pattern.contains("{\($0)}") }
        if rule.audience == .anybody {
            if case .foreignOrigin = visitor.kind, rule.method != "GET" { return 403 }
            return 204
        }
        switch visitor.kind {
        case .nobody, .expired: return 401
        case .foreignOrigin: return 403
        default: if rule.audience == .device { return 401 }
        }
        switch visitor.kind {
        case .nobody, .expired: return 401
        case .foreignOrigin: return 403
        case .readOnly: return rule.reads ? 204 : 403
        case .other:
            guard case .from = rule.audience else { return 204 }
            return isSite ? 403 : 404
        case .role(let role):
            guard case .from(let lowest) = rule.audience else { return 204 }
            if isSite { return role == .administrator ? 204 : 403 }
            return role >= lowest ? 204 : 403
        }
    }
}
