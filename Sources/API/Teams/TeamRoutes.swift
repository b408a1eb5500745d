import Basics
import Domain
import HTTP
package import Store

/// Teams.
package struct TeamRoutes: Resource {
    private let stores: Stores

    package init(stores: Stores) { self.stores = stores }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/teams", .anywhere(.teamRead), "List teams", list),
            Route(.post, "/api/v1/teams", .needs(.teamCreate), "Create a team", create),
            Route(.get, "/api/v1/teams/{team}", .needs(.teamRead), "Read a team", show),
            Route(.patch, "/api/v1/teams/{team}", .needs(.teamEdit), "Rename a team", rename),
            Route(.delete, "/api/v1/teams/{team}", .needs(.teamEdit), "Remove a team", remove),
        ]
    }

    /// Teams too of which the caller sees one application only: it has to be reached somehow.
    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<TeamView>> {
        let request = try context.page()
        let paths = try await stored { () async throws(StoreError) in
            try await stores.applications.paths()
        }
        var roles: [Team.ID: Role] = [:]
        for path in paths where context.caller.may(.teamRead, at: path) {
            guard let team = path.team, let role = context.caller.role(at: path) else { continue }
            if path.application == nil {
                roles[team] = role
            } else if roles[team] == nil {
                roles[team] = .viewer
            }
        }
        let visible = roles
        let page = try await stored { () async throws(StoreError) in
            try await stores.teams.list(request, visible: Array(visible.keys))
        }
        return Found(
            PageView(page.map { TeamView(team: $0, role: visible[$0.id] ?? .viewer) }))
    }

    private func create(
        _ body: NameTeam, _ context: RequestContext
    ) async throws(Problem) -> Created<TeamView> {
        let team = try await stored { () async throws(StoreError) in
            try await stores.teams.insert(body.name, by: context.actor)
        }
        return Created(view(team, context), at: "/api/v1/teams/\(team.id)")
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<TeamView> {
        let id: Team.ID = try context.id("team")
        let team = try await stored { () async throws(StoreError) in try await stores.teams.get(id)
        }
        return Found(view(team, context))
    }

    private func rename(
        _ body: NameTeam, _ context: RequestContext
    ) async throws(Problem) -> Found<TeamView> {
        let id: Team.ID = try context.id("team")
        let team = try await stored { () async throws(StoreError) in
            try await stores.teams.rename(id, to: body.name, by: context.actor)
        }
        return Found(view(team, context))
    }

    private func remove(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Team.ID = try context.id("team")
        try await stored { () async throws(StoreError) in
            try await stores.teams.delete(id, by: context.actor)
        }
        return Done()
    }

    private func view(_ team: Team, _ context: RequestContext) -> TeamView {
        TeamView(team: team, role: context.caller.role(at: team.path) ?? .viewer)
    }
}
