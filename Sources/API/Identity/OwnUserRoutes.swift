import Basics
import Domain
import HTTP
package import Site
package import Store

/// One's own account: name, password, sessions, tokens.
package struct OwnUserRoutes: Resource {
    private let stores: Stores
    private let desk: FrontDesk

    package init(stores: Stores, desk: FrontDesk) {
        self.stores = stores
        self.desk = desk
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/user", .needs(.selfRead), "Read one's own account", show),
            Route(.patch, "/api/v1/user", .needs(.selfEdit), "Change one's own account", change),
            Route(
                .post, "/api/v1/user/password", .needs(.selfEdit), "Change one's own password",
                changePassword),
            Route(
                .get, "/api/v1/user/sessions", .needs(.selfRead), "List one's own sessions",
                sessions),
            Route(
                .delete, "/api/v1/user/sessions/{session}", .needs(.selfEdit),
                "End one of one's own sessions", endSession),
            Route(
                .get, "/api/v1/user/tokens", .needs(.selfRead), "List one's own tokens", tokens),
            Route(.post, "/api/v1/user/tokens", .needs(.selfEdit), "Make a token", makeToken),
            Route(
                .delete, "/api/v1/user/tokens/{token}", .needs(.selfEdit),
                "Delete one of one's own tokens", deleteToken),
        ]
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<UserView> {
        let id = try context.user()
        return Found(
            try await stored { () async throws(StoreError) in
                UserView(
                    user: try await stores.users.get(id),
                    grants: try await stores.grants.list(of: id))
            })
    }

    private func change(
        _ body: ChangeOwnUser, _ context: RequestContext
    ) async throws(Problem) -> Found<UserView> {
        let id = try context.user()
        return Found(
            try await stored { () async throws(StoreError) in
                UserView(
                    user: try await stores.users.update(
                        id,
                        UserStore.Change(
                            name: body.name, email: body.email, language: body.language,
                            theme: body.theme), by: context.actor),
                    grants: try await stores.grants.list(of: id))
            })
    }

    private func changePassword(
        _ body: ChangePassword, _ context: RequestContext
    ) async throws(Problem) -> Done {
        let id = try context.user()
        let user = try await stored { () async throws(StoreError) in
            try await stores.users.get(id)
        }
        try await atDesk { () async throws(FrontDesk.Refusal) in
            try await desk.changePassword(
                of: user, current: body.current, to: body.new,
                keeping: context.caller.sessionID, context.visitor, by: context.actor)
        }
        return Done()
    }

    private func sessions(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<SessionView>> {
        let id = try context.user()
        let sessions = try await stored { () async throws(StoreError) in
            try await stores.sessions.list(of: id)
        }
        let current = context.caller.sessionID
        return Found(
            PageView(
                all: sessions.map { SessionView(session: $0, isCurrent: $0.id == current) }))
    }

    private func endSession(_ context: RequestContext) async throws(Problem) -> Done {
        let user = try context.user()
        let session: Session.ID = try context.id("session")
        try await stored { () async throws(StoreError) in
            try await stores.sessions.revoke(session, of: user, by: context.actor)
        }
        return Done()
    }

    private func tokens(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<TokenView>> {
        let user = try context.user()
        let tokens = try await stored { () async throws(StoreError) in
            try await stores.tokens.list(of: user)
        }
        return Found(PageView(all: tokens.map { TokenView(token: $0) }))
    }

    private func makeToken(
        _ body: MakeToken, _ context: RequestContext
    ) async throws(Problem) -> Created<TokenView> {
        let user = try context.user()
        // A token that ends could otherwise make one that does not.
        guard context.caller.sessionID != nil else {
            throw .forbidden("Only a signed-in person makes tokens: sign in with the password.")
        }
        let secret = MachineSecret(prefix: PersonalToken.prefix)
        let token = try await stored { () async throws(StoreError) in
            guard try await stores.applications.path(of: body.scope) != nil else {
                throw .notFound("The \(body.scope.kind)")
            }
            return try await stores.tokens.insert(
                body.name, for: user, secretHash: secret.hash, readOnly: body.readOnly,
                scope: body.scope, expiresAt: body.expiresAt, by: context.actor)
        }
        return Created(
            TokenView(token: token, secret: secret.text),
            at: "/api/v1/user/tokens/\(token.id)")
    }

    private func deleteToken(_ context: RequestContext) async throws(Problem) -> Done {
        let user = try context.user()
        let token: PersonalToken.ID = try context.id("token")
        try await stored { () async throws(StoreError) in
            try await stores.tokens.delete(token, of: user, by: context.actor)
        }
        return Done()
    }
}
