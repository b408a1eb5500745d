import Basics
import Domain
import HTTP
package import Store

/// The applications of teams.
package struct ApplicationRoutes: Resource {
    private let stores: Stores

    package init(stores: Stores) { self.stores = stores }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/teams/{team}/applications", .anywhere(.applicationRead),
                "List the applications of a team", list),
            Route(
                .post, "/api/v1/teams/{team}/applications", .needs(.applicationEdit),
                "Create an application", create),
            Route(
                .get, "/api/v1/applications/{application}", .needs(.applicationRead),
                "Read an application", show),
            Route(
                .patch, "/api/v1/applications/{application}", .needs(.applicationEdit),
                "Change an application", change),
            Route(
                .delete, "/api/v1/applications/{application}", .needs(.applicationEdit),
                "Remove an application", remove),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<ApplicationView>> {
        let request = try context.page()
        let team: Team.ID = try context.id("team")
        let visible = try await Visibility(
            .applicationRead, for: context.caller, in: stores.applications)
        let page = try await stored { () async throws(StoreError) in
            _ = try await stores.teams.get(team)
            return try await stores.applications.list(
                of: team, request, visible: visible.applications)
        }
        // Who sees nothing of the team does not learn that it exists.
        guard visible.teams?.contains(team) ?? true || page.count > 0 else {
            throw .notFound("The team")
        }
        return Found(PageView(page.map(ApplicationView.init)))
    }

    private func create(
        _ body: MakeApplication, _ context: RequestContext
    ) async throws(Problem) -> Created<ApplicationView> {
        let team: Team.ID = try context.id("team")
        let application = try await stored { () async throws(StoreError) in
            try await stores.applications.insert(
                body.name, description: body.description, in: team, by: context.actor)
        }
        return Created(
            ApplicationView(application: application), at: "/api/v1/applications/\(application.id)")
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<ApplicationView> {
        let id: Application.ID = try context.id("application")
        return Found(
            ApplicationView(
                application: try await stored { () async throws(StoreError) in
                    try await stores.applications.get(id)
                }))
    }

    private func change(
        _ body: ChangeApplication, _ context: RequestContext
    ) async throws(Problem) -> Found<ApplicationView> {
        let id: Application.ID = try context.id("application")
        return Found(
            ApplicationView(
                application: try await stored { () async throws(StoreError) in
                    try await stores.applications.update(
                        id, name: body.name, description: body.description, by: context.actor)
                }))
    }

    private func remove(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Application.ID = try context.id("application")
        try await stored { () async throws(StoreError) in
            try await stores.applications.delete(id, by: context.actor)
        }
        return Done()
    }
}
