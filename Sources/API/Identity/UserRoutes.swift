import Basics
import Domain
import HTTP
package import Site
package import Store

/// The people of the site, for its administrators.
package struct UserRoutes: Resource {
    private let stores: Stores
    private let desk: FrontDesk

    package init(stores: Stores, desk: FrontDesk) {
        self.stores = stores
        self.desk = desk
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/users", .needs(.userRead), "List users", list),
            Route(.post, "/api/v1/users", .needs(.userEdit), "Create a user", create),
            Route(.get, "/api/v1/users/{user}", .needs(.userRead), "Read a user", show),
            Route(.patch, "/api/v1/users/{user}", .needs(.userEdit), "Change a user", change),
            Route(.delete, "/api/v1/users/{user}", .needs(.userEdit), "Remove a user", remove),
            Route(
                .post, "/api/v1/users/{user}/password", .needs(.userEdit),
                "Give a user a new password", setPassword),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<UserView>> {
        let request = try context.page()
        let (page, grants) = try await stored { () async throws(StoreError) in
            let page = try await stores.users.list(request)
            return (page, try await stores.grants.list(of: page.items.map(\.id)))
        }
        return Found(
            PageView(page.map { UserView(user: $0, grants: grants[$0.id] ?? []) }))
    }

    private func create(
        _ body: MakeUser, _ context: RequestContext
    ) async throws(Problem) -> Created<UserView> {
        var hash: String?
        if let password = body.password {
            hash = try await atDesk { () async throws(FrontDesk.Refusal) in
                try desk.check(password, body.username)
                return try await desk.hash(password)
            }
        }
        let passwordHash = hash
        let view = try await stored { () async throws(StoreError) in
            let language = try await stores.settings.site()?.language ?? .english
            let user = try await stores.users.insert(
                body.username, name: body.name, email: body.email, language: language,
                passwordHash: passwordHash, isAdministrator: body.isAdministrator,
                by: context.actor)
            return UserView(user: user, grants: try await stores.grants.list(of: user.id))
        }
        return Created(view, at: "/api/v1/users/\(view.user.id)")
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<UserView> {
        let id: User.ID = try context.id("user")
        return Found(
            try await stored { () async throws(StoreError) in
                UserView(
                    user: try await stores.users.get(id),
                    grants: try await stores.grants.list(of: id))
            })
    }

    private func change(
        _ body: ChangeUser, _ context: RequestContext
    ) async throws(Problem) -> Found<UserView> {
        let id: User.ID = try context.id("user")
        return Found(
            try await stored { () async throws(StoreError) in
                UserView(
                    user: try await stores.users.update(
                        id,
                        UserStore.Change(
                            name: body.name, email: body.email, isDisabled: body.isDisabled,
                            isAdministrator: body.isAdministrator), by: context.actor),
                    grants: try await stores.grants.list(of: id))
            })
    }

    private func remove(_ context: RequestContext) async throws(Problem) -> Done {
        let id: User.ID = try context.id("user")
        try await stored { () async throws(StoreError) in
            try await stores.users.delete(id, by: context.actor)
        }
        return Done()
    }

    private func setPassword(
        _ body: SetPassword, _ context: RequestContext
    ) async throws(Problem) -> Done {
        let id: User.ID = try context.id("user")
        let user = try await stored { () async throws(StoreError) in
            try await stores.users.get(id)
        }
        let kept = context.actor.userID == id ? context.caller.sessionID : nil
        try await atDesk { () async throws(FrontDesk.Refusal) in
            try await desk.setPassword(of: user, to: body.new, keeping: kept, by: context.actor)
        }
        return Done()
    }
}
