import Basics
import Domain
import HTTP
import Site
package import Store

/// Links with which people make their own account; no mail is needed.
package struct InvitationRoutes: Resource {
    private let stores: Stores

    package init(stores: Stores) { self.stores = stores }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/invitations", .needs(.userRead), "List open invitations", list),
            Route(.post, "/api/v1/invitations", .needs(.userEdit), "Invite somebody", create),
            Route(
                .delete, "/api/v1/invitations/{invitation}", .needs(.userEdit),
                "Withdraw an invitation", withdraw),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<InvitationView>> {
        let invitations = try await stored { () async throws(StoreError) in
            try await stores.invitations.list()
        }
        return Found(PageView(all: invitations.map { InvitationView(invitation: $0) }))
    }

    private func create(
        _ body: MakeInvitation, _ context: RequestContext
    ) async throws(Problem) -> Created<InvitationView> {
        let secret = MachineSecret()
        let invitation = try await stored { () async throws(StoreError) in
            for offer in body.offers {
                guard try await stores.applications.path(of: offer.scope) != nil else {
                    throw .notFound("The \(offer.scope.kind)")
                }
            }
            return try await stores.invitations.insert(
                username: body.username, offers: body.offers, secretHash: secret.hash,
                expiresAt: .now() + .seconds(body.hours * 3600), by: context.actor)
        }
        return Created(
            InvitationView(
                invitation: invitation, link: context.link("/invitations/\(secret.text)")),
            at: "/api/v1/invitations/\(invitation.id)")
    }

    private func withdraw(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Invitation.ID = try context.id("invitation")
        try await stored { () async throws(StoreError) in
            try await stores.invitations.delete(id, by: context.actor)
        }
        return Done()
    }
}
