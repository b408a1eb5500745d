import Basics
import Domain
import HTTP
package import Site
package import Store

/// Snapshots on their way to many devices.
package struct DeploymentRoutes: Resource {
    private let stores: Stores
    private let service: RolloutService

    package init(stores: Stores, service: RolloutService) {
        self.stores = stores
        self.service = service
    }

    package var routes: [Route] {
        let deployment = "/api/v1/deployments/{deployment}"
        return [
            Route(
                .get, "/api/v1/deployments", .anywhere(.rolloutRead), "List deployments",
                query: ["application", "device", "limit", "cursor", "query"], list),
            Route(
                .post, "/api/v1/deployments", .anywhere(.rolloutEdit),
                "Bring a snapshot to devices", create),
            Route(.get, deployment, .needs(.rolloutRead), "Read a deployment", show),
            Route(
                .get, "\(deployment)/devices", .needs(.rolloutRead),
                "List the devices of a deployment", query: ["state", "limit", "cursor", "query"],
                listDevices),
        ]
            + DeploymentOrder.allCases.map { order in
                Route(
                    .post, "\(deployment)/\(order.rawValue)", .needs(.rolloutEdit),
                    Self.summary(of: order)
                ) { (context: RequestContext) async throws(Problem) -> Found<DeploymentView> in
                    try await self.obey(order, context)
                }
            }
    }

    private static func summary(of order: DeploymentOrder) -> String {
        switch order {
        case .approve: "Let a deployment begin that waits for approval"
        case .pause: "Pause a deployment: what is in hand comes to its end"
        case .resume: "Go on with a paused deployment"
        case .cancel: "End a deployment: what has not been switched is taken back"
        case .retryFailed: "Try the devices again that failed"
        case .returnUpdated: "Bring updated devices back to what they ran before"
        }
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<DeploymentView>> {
        let request = try context.page()
        let application: Application.ID? = try context.queryID("application")
        let device: Device.ID? = try context.queryID("device")
        let visible = try await Visibility(
            .rolloutRead, for: context.caller, in: stores.applications)
        let page = try await stored { () async throws(StoreError) in
            try await stores.deployments.list(
                of: application, device: device, visible: visible.applications, request)
        }
        return Found(PageView(page.map { DeploymentView($0) }))
    }

    private func create(
        _ body: MakeDeployment, _ context: RequestContext
    ) async throws(Problem) -> Created<DeploymentView> {
        try await context.require(.rolloutEdit, at: body.application, in: stores.applications)
        let id: Deployment.ID
        do throws(RolloutFault) {
            id = try await service.create(
                .init(
                    application: body.application, snapshot: body.snapshot, groups: body.groups,
                    devices: body.devices, plan: body.plan, window: body.window, name: body.name,
                    needsApproval: body.needsApproval), by: context.actor)
        } catch { throw Problem(error) }
        return Created(try await view(id), at: "/api/v1/deployments/\(id)")
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<DeploymentView> {
        Found(try await view(try context.id("deployment")))
    }

    private func view(_ id: Deployment.ID) async throws(Problem) -> DeploymentView {
        try await stored { () async throws(StoreError) in
            DeploymentView(
                try await stores.deployments.get(id),
                steps: try await stores.deployments.steps(of: id))
        }
    }

    private func listDevices(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<DeploymentDeviceView>> {
        let id: Deployment.ID = try context.id("deployment")
        let request = try context.page()
        var state: DeploymentDevice.State?
        if let word = context.query("state") {
            state = DeploymentDevice.State(rawValue: word)
            guard state != nil else { throw .invalid("state", "must be a state of devices") }
        }
        let page = try await stored { () async throws(StoreError) in
            try await stores.deployments.devices(of: id, state: state, request)
        }
        return Found(PageView(page.map(DeploymentDeviceView.init)))
    }

    private func obey(
        _ order: DeploymentOrder, _ context: RequestContext
    ) async throws(Problem) -> Found<DeploymentView> {
        let id: Deployment.ID = try context.id("deployment")
        do throws(RolloutFault) {
            try await service.take(order, on: id, by: context.actor)
        } catch { throw Problem(error) }
        return Found(try await view(id))
    }
}

extension Problem {
    init(_ fault: RolloutFault) {
        switch fault {
        case .store(let error): self.init(error)
        case .refused(let sentence): self = .conflict(sentence)
        case .unfit(let sentences):
            self = .conflict(
                sentences.prefix(10).joined(separator: " ")
                    + (sentences.count > 10 ? " And \(sentences.count - 10) more." : ""))
        }
    }
}
