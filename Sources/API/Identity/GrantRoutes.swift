import Basics
import Domain
import HTTP
package import Store

/// Who has which role where. Nobody gives or takes more than their own role at that place.
package struct GrantRoutes: Resource {
    private let stores: Stores

    package init(stores: Stores) { self.stores = stores }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/grants", .anywhere(.memberRead), "List grants",
                query: ["scope", "scopeId", "user"], list),
            Route(.post, "/api/v1/grants", .anywhere(.memberEdit), "Give a role", give),
            Route(.delete, "/api/v1/grants/{grant}", .needs(.memberEdit), "Take a role", take),
            Route(
                .get, "/api/v1/teams/{team}/members", .needs(.memberRead),
                "List who has a role in a team", members),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<MemberView>> {
        var scope: Scope?
        if let kind = context.query("scope") {
            scope = Scope(kind: kind, id: context.query("scopeId"))
            guard scope != nil else { throw .invalid("scope", "does not name a scope") }
        }
        var user: User.ID?
        if let text = context.query("user") {
            user = User.ID(text)
            guard user != nil else { throw .invalid("user", "must be an id") }
        }
        let path = try await path(of: scope ?? .site)
        guard context.caller.may(.memberRead, at: path) else {
            if let scope, context.caller.role(at: path) == nil {
                throw .notFound("The \(scope.kind)")
            }
            throw .forbidden("Name a scope of which you may see the members.")
        }
        // All grants of the site, or somebody's: for who may see users anyway.
        if scope == nil, !context.caller.may(.userRead, at: .site) {
            throw .forbidden("Only administrators of the site see all grants.")
        }
        return Found(try await members(at: scope, of: user, try context.page()))
    }

    private func members(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<MemberView>> {
        let team: Team.ID = try context.id("team")
        return Found(try await members(at: .team(team), of: nil, try context.page()))
    }

    private func give(
        _ body: MakeGrant, _ context: RequestContext
    ) async throws(Problem) -> Created<GrantView> {
        let path = try await path(of: body.scope)
        try require(context.caller, mayGive: body.role, at: path)
        let held = try await stored { () async throws(StoreError) in
            try await stores.grants.list(of: body.userID)
        }
        // A nearer grant may lower: nobody lowers those above them.
        let target = Caller(actor: .user(body.userID, name: ""), grants: held)
        if let role = target.roleOverMembers(at: path) {
            try require(context.caller, mayGive: role, at: path)
        }
        let grant = try await stored { () async throws(StoreError) in
            try await stores.grants.grant(
                body.role, at: body.scope, to: body.userID, by: context.actor)
        }
        return Created(GrantView(grant: grant), at: "/api/v1/grants/\(grant.id)")
    }

    private func take(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Grant.ID = try context.id("grant")
        let grant = try await stored { () async throws(StoreError) in
            try await stores.grants.get(id)
        }
        try require(context.caller, mayGive: grant.role, at: context.path)
        try await stored { () async throws(StoreError) in
            try await stores.grants.revoke(id, by: context.actor)
        }
        return Done()
    }

    private func require(
        _ caller: Caller, mayGive role: Role, at path: ScopePath
    ) throws(Problem) {
        guard let own = caller.roleOverMembers(at: path) else { throw .notFound("It") }
        guard caller.may(.memberEdit, at: path), own >= role else {
            throw .forbidden("You can give and take roles up to your own, as an owner or above.")
        }
    }

    /// Of a scope that does not exist, and of one where the caller has no role, nothing is said.
    private func path(of scope: Scope) async throws(Problem) -> ScopePath {
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: scope)
        }
        guard let path else { throw .notFound("The \(scope.kind)") }
        return path
    }

    private func members(
        at scope: Scope?, of user: User.ID?, _ request: PageRequest
    ) async throws(Problem) -> PageView<MemberView> {
        try await stored { () async throws(StoreError) in
            let page = try await stores.grants.list(at: scope, of: user, request)
            var members: [MemberView] = []
            for grant in page.items {
                // Gone since the page was read: so is the grant.
                guard let user = try? await stores.users.get(grant.userID) else { continue }
                members.append(MemberView(grant: grant, user: user))
            }
            return PageView(Page(items: members, count: page.count, next: page.next))
        }
    }
}
