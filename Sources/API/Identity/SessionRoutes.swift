import Basics
import Domain
import HTTP
package import Site
package import Store

/// First run, sign-in and sign-out.
package struct SessionRoutes: Resource {
    private let desk: FrontDesk
    private let stores: Stores

    package init(desk: FrontDesk, stores: Stores) {
        self.desk = desk
        self.stores = stores
    }

    package var routes: [Route] {
        [
            Route(
                .post, "/api/v1/setup", .anybody, "Set the site up with the one-time code", setUp),
            Route(.post, "/api/v1/session", .anybody, "Sign in", signIn),
            Route(
                .post, "/api/v1/session/renew", .anybody,
                "Get a new cookie for a page that still has its token", renew),
            Route(.delete, "/api/v1/session", .needs(.selfRead), "Sign out", signOut),
            Route(
                .get, "/api/v1/invitations/{secret}", .anybody, "See what an invitation offers",
                offer),
            Route(
                .post, "/api/v1/invitations/{secret}", .anybody,
                "Make the account that an invitation offers", accept),
        ]
    }

    private func setUp(
        _ body: SetUpSite, _ context: RequestContext
    ) async throws(Problem) -> Created<SignedInView> {
        let admission = try await atDesk { () async throws(FrontDesk.Refusal) in
            try await desk.setUp(
                code: body.code, username: body.username, password: body.password,
                site: body.site, context.visitor)
        }
        return Self.created(admission)
    }

    private func signIn(
        _ body: SignIn, _ context: RequestContext
    ) async throws(Problem) -> Created<SignedInView> {
        let admission = try await atDesk { () async throws(FrontDesk.Refusal) in
            try await desk.signIn(
                username: body.username, password: body.password, context.visitor)
        }
        return Self.created(admission)
    }

    private func renew(
        _ body: RenewSession, _ context: RequestContext
    ) async throws(Problem) -> Found<SignedInView> {
        // Only our own page has the token, and a browser says where it comes from.
        guard let called = context.called,
            context.request.headers[Header.origin] == called.httpsOrigin
        else { throw .foreignOrigin }
        let admission = try await atDesk { () async throws(FrontDesk.Refusal) in
            try await desk.renew(csrf: body.csrf)
        }
        return Found(Self.view(admission), headers: Self.cookies(admission))
    }

    private func signOut(_ context: RequestContext) async throws(Problem) -> Done {
        guard let session = context.caller.sessionID else {
            throw .forbidden("A token has no session: delete the token instead.")
        }
        let user = try context.user()
        try await stored { () async throws(StoreError) in
            try await stores.sessions.revoke(session, of: user, by: context.actor)
        }
        return Done(
            headers: [Header.setCookie: SetCookie.expiring(Authentication.cookie).text])
    }

    private func offer(
        _ context: RequestContext
    ) async throws(Problem) -> Found<InvitationOfferView> {
        let hash = MachineSecret.hash(of: context.parameter("secret"))
        let (site, found) = try await stored { () async throws(StoreError) in
            (
                try await stores.settings.site(),
                try await stores.invitations.find(secretHash: hash)
            )
        }
        guard let found else { throw .notFound("The invitation") }
        return Found(InvitationOfferView(site: site?.name.text ?? "", invitation: found))
    }

    private func accept(
        _ body: AcceptInvitation, _ context: RequestContext
    ) async throws(Problem) -> Created<SignedInView> {
        let admission = try await atDesk { () async throws(FrontDesk.Refusal) in
            try await desk.accept(
                invitation: context.parameter("secret"), username: body.username,
                password: body.password, name: body.name, context.visitor)
        }
        return Self.created(admission)
    }
}

extension SessionRoutes {
    private static func created(_ admission: FrontDesk.Admission) -> Created<SignedInView> {
        Created(view(admission), at: "/api/v1/user", headers: cookies(admission))
    }

    private static func view(_ admission: FrontDesk.Admission) -> SignedInView {
        SignedInView(
            user: UserView(user: admission.user, grants: admission.grants), csrf: admission.csrf)
    }

    private static func cookies(_ admission: FrontDesk.Admission) -> Headers {
        var headers = Headers()
        headers.add(
            Header.setCookie,
            SetCookie(
                Authentication.cookie, admission.token, maxAge: Session.absoluteLifetime
            ).text)
        // A year: it only says that this account was here.
        headers.add(
            Header.setCookie,
            SetCookie(
                Authentication.deviceCookie, admission.device,
                maxAge: .seconds(365 * 86_400)
            ).text)
        return headers
    }
}
