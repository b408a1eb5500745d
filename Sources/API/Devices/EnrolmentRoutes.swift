import Basics
import Domain
import HTTP
package import Site
package import Store

/// What lets devices in, those that wait for a yes, and what is taken away.
package struct EnrolmentRoutes: Resource {
    let stores: Stores
    let desk: EnrolmentDesk
    let stock: StockEnrolment
    let maker: DeviceViewMaker
    let places: DevicePlaces

    package init(
        stores: Stores, desk: EnrolmentDesk, stock: StockEnrolment, maker: DeviceViewMaker
    ) {
        self.stores = stores
        self.desk = desk
        self.stock = stock
        self.maker = maker
        places = DevicePlaces(applications: stores.applications)
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/enrolment-tokens", .anywhere(.deviceEnrol),
                "List what lets devices in", query: ["team", "limit", "cursor", "query"],
                listTokens),
            Route(
                .post, "/api/v1/enrolment-tokens", .anywhere(.deviceEnrol),
                "Make a bundle, a code or a token; its secret is shown once", makeToken),
            Route(
                .delete, "/api/v1/enrolment-tokens/{token}", .anywhere(.deviceEnrol),
                "Withdraw a bundle, a code or a token", revokeToken),
            Route(
                .get, "/api/v1/enrolments", .anywhere(.deviceEnrol),
                "List the devices that asked to be let in", query: ["state", "limit", "cursor"],
                list),
            Route(
                .post, "/api/v1/enrolments/{enrolment}/approve", .anywhere(.deviceEnrol),
                "Let a waiting device in", approve),
            Route(
                .post, "/api/v1/enrolments/{enrolment}/refuse", .anywhere(.deviceEnrol),
                "Refuse a waiting device", refuse),
            Route(
                .post, "/api/v1/enrolment-requests", .anywhere(.deviceEnrol),
                "Answer the request of a device without any connection", answerCarried),
            Route(
                .post, "/api/v1/devices/{device}/re-enrol", .needs(.deviceEnrol),
                "Make a bundle for a device that is there already", reEnrol),
            Route(
                .post, "/api/v1/devices/{device}/revoke", .needs(.deviceEnrol),
                "Take a device’s certificates and secrets away, and end its sessions", revoke),
            Route(
                .post, "/api/v1/devices/{device}/credentials", .needs(.deviceEnrol),
                "Make the configuration file of a stock agent; it is shown once", credentials),
            Route(
                .get, "/api/v1/site/enrolment", .needs(.siteRead),
                "Read for how long certificates of devices are made", showPolicy),
            Route(
                .patch, "/api/v1/site/enrolment", .needs(.siteEdit),
                "Change for how long certificates of devices are made", changePolicy),
        ]
    }

    private func listTokens(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<EnrolmentTokenView>> {
        var team: Team.ID?
        if let text = context.query("team") {
            guard let id = Team.ID(text) else { throw .notFound("This team") }
            team = id
        }
        let (request, wanted) = (try context.page(), team)
        let visible = try await visible(to: context.caller)
        let page = try await stored { () async throws(StoreError) in
            try await stores.enrolmentTokens.list(of: wanted, request, visible: visible)
        }
        let now = Timestamp.now()
        return Found(PageView(page.map { EnrolmentTokenView(token: $0, now: now) }))
    }

    func visible(
        to caller: Caller
    ) async throws(Problem) -> DeviceStore.Filter.Visible? {
        let visibility = try await Visibility(
            .deviceEnrol, for: caller, in: stores.applications)
        guard visibility.teams != nil || visibility.applications != nil else { return nil }
        return .init(teams: visibility.teams ?? [], applications: visibility.applications ?? [])
    }

    private func makeToken(
        _ body: NewEnrolmentToken, _ context: RequestContext
    ) async throws(Problem) -> Created<NewTokenView> {
        var wish: EnrolmentDesk.Wish
        if let id = body.device {
            wish = try await self.wish(body, for: id, context)
        } else {
            let place = try await places.find(
                team: body.team, application: body.application, group: body.group,
                for: context.caller, .deviceEnrol)
            wish = EnrolmentDesk.Wish(
                kind: body.kind, name: body.name ?? EnrolmentToken.defaultName(body.kind),
                team: place.team)
            wish.application = place.application
            wish.group = place.group
        }
        return try await make(wish, body, context)
    }

    private func make(
        _ wish: EnrolmentDesk.Wish, _ body: NewEnrolmentToken, _ context: RequestContext
    ) async throws(Problem) -> Created<NewTokenView> {
        var wish = wish
        wish.uses = body.uses
        wish.isConfirmed = body.isConfirmed
        wish.expectation = body.expectation
        wish.life = body.lifeInForce
        let wanted = wish
        let made = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            try await desk.make(wanted, by: context.actor)
        }
        var file: String?
        if made.token.kind == .provisioning, let code = made.code {
            file = StockFile.provisioning(
                token: code, team: made.token.teamID, name: made.token.name.text,
                url: context.link(""))
        }
        return Created(
            NewTokenView(
                token: EnrolmentTokenView(token: made.token, now: .now()), bundle: made.bundle,
                code: made.code, file: file),
            at: "/api/v1/enrolment-tokens/\(made.token.id)")
    }

    /// For one device of the registry, where the caller may enrol.
    private func wish(
        _ body: NewEnrolmentToken, for id: Device.ID, _ context: RequestContext
    ) async throws(Problem) -> EnrolmentDesk.Wish {
        let device = try await stored { () async throws(StoreError) in
            try await stores.devices.get(id)
        }
        guard context.caller.may(.deviceEnrol, at: device.path) else {
            throw .notFound("The device")
        }
        guard body.kind != .provisioning else {
            throw .invalid("kind", "must be bundle, code or one-time for one device")
        }
        var wish = EnrolmentDesk.Wish(
            kind: body.kind, name: body.name ?? Name(stored: device.name.text),
            team: device.teamID)
        wish.application = device.applicationID
        wish.group = device.groupID
        wish.device = device.id
        return wish
    }

    private func reEnrol(
        _ body: NewEnrolmentToken, _ context: RequestContext
    ) async throws(Problem) -> Created<NewTokenView> {
        guard body.uses == 1 else { throw .invalid("uses", "must be 1 for one device") }
        return try await make(
            try await wish(body, for: try context.id("device"), context), body, context)
    }

    private func revokeToken(_ context: RequestContext) async throws(Problem) -> Done {
        let id: EnrolmentToken.ID = try context.id("token")
        let token = try await stored { () async throws(StoreError) in
            try await stores.enrolmentTokens.get(id)
        }
        guard context.caller.may(.deviceEnrol, at: token.path) else {
            throw .notFound("The enrolment token")
        }
        try await stored { () async throws(StoreError) in
            try await stores.enrolmentTokens.revoke(id, by: context.actor)
        }
        return Done()
    }

    private func showPolicy(
        _ context: RequestContext
    ) async throws(Problem) -> Found<EnrolmentPolicyView> {
        Found(
            EnrolmentPolicyView(
                policy: try await atDesk { () async throws(EnrolmentDesk.Fault) in
                    try await desk.policy()
                }))
    }

    private func changePolicy(
        _ body: ChangeEnrolmentPolicy, _ context: RequestContext
    ) async throws(Problem) -> Found<EnrolmentPolicyView> {
        let policy = try await atDesk { () async throws(EnrolmentDesk.Fault) in
            var policy = try await desk.policy()
            if let days = body.certificateDays { policy.certificateDays = days }
            if let days = body.graceDays { policy.graceDays = days }
            try await desk.setPolicy(policy, by: context.actor)
            return policy
        }
        return Found(EnrolmentPolicyView(policy: policy))
    }
}
