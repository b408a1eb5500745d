import Basics
import Domain
import HTTP
package import Site
package import Store

/// Groups of devices, and what all of a group shall run.
package struct DeviceGroupRoutes: Resource {
    private let stores: Stores
    private let fleet: any RolloutFleet
    private let fitness: TargetFitness

    package init(
        stores: Stores, fleet: any RolloutFleet, fitness: any RolloutFitness
    ) {
        self.fitness = TargetFitness(stores: stores, fitness: fitness)
        self.stores = stores
        self.fleet = fleet
    }

    package var routes: [Route] {
        let group = "/api/v1/device-groups/{group}"
        return [
            Route(
                .get, "/api/v1/device-groups", .anywhere(.rolloutRead), "List device groups",
                query: ["application", "limit", "cursor", "query"], list),
            Route(
                .post, "/api/v1/device-groups", .anywhere(.rolloutEdit), "Make a device group",
                create),
            Route(.get, group, .needs(.rolloutRead), "Read a device group", show),
            Route(
                .patch, group, .needs(.rolloutEdit),
                "Change a device group, its filter or its target", change),
            Route(.delete, group, .needs(.rolloutEdit), "Remove a device group", remove),
            Route(
                .put, "\(group)/devices", .needs(.rolloutEdit),
                "Say which devices belong to a group", pick),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<DeviceGroupView>> {
        let request = try context.page()
        let application: Application.ID? = try context.queryID("application")
        let visible = try await Visibility(
            .rolloutRead, for: context.caller, in: stores.applications)
        let page = try await stored { () async throws(StoreError) in
            try await stores.deviceGroups.list(
                of: application, visible: visible.applications, request)
        }
        return Found(PageView(page.map(DeviceGroupView.init)))
    }

    private func create(
        _ body: MakeDeviceGroup, _ context: RequestContext
    ) async throws(Problem) -> Created<DeviceGroupView> {
        try await context.require(.rolloutEdit, at: body.application, in: stores.applications)
        guard let name = body.draft.name else { throw .invalid("name", "is missing") }
        let changed = try await stored { () async throws(StoreError) in
            var draft = DeviceGroupStore.Draft(application: body.application, name: name)
            body.draft.apply(to: &draft)
            return try await stores.deviceGroups.insert(draft, by: context.actor)
        }
        await tell(changed.devices)
        return Created(
            DeviceGroupView(changed.listed),
            at: "/api/v1/device-groups/\(changed.listed.group.id)")
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<DeviceGroupView> {
        let id: DeviceGroup.ID = try context.id("group")
        return Found(
            DeviceGroupView(
                try await stored { () async throws(StoreError) in
                    try await stores.deviceGroups.get(id)
                }))
    }

    private func change(
        _ body: ChangeDeviceGroup, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceGroupView> {
        let id: DeviceGroup.ID = try context.id("group")
        if case .some(.some(let target)) = body.fields.target {
            let group = try await stored { () async throws(StoreError) in
                try await stores.deviceGroups.get(id).group
            }
            if target != group.targetSnapshotID {
                try await fitness.require(target, in: group.applicationID, groups: [id])
            }
        }
        let changed = try await stored { () async throws(StoreError) in
            try await stores.deviceGroups.update(id, by: context.actor) { draft in
                body.fields.apply(to: &draft)
            }
        }
        await tell(changed.devices)
        return Found(DeviceGroupView(changed.listed))
    }

    private func remove(_ context: RequestContext) async throws(Problem) -> Done {
        let id: DeviceGroup.ID = try context.id("group")
        let touched = try await stored { () async throws(StoreError) in
            try await stores.deviceGroups.delete(id, by: context.actor)
        }
        await tell(touched)
        return Done()
    }

    private func pick(
        _ body: PickDevices, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceGroupView> {
        let id: DeviceGroup.ID = try context.id("group")
        let changed = try await stored { () async throws(StoreError) in
            try await stores.deviceGroups.setDevices(body.devices, of: id, by: context.actor)
        }
        await tell(changed.devices)
        return Found(DeviceGroupView(changed.listed))
    }

    private func tell(_ devices: [Device.ID]) async {
        if !devices.isEmpty { await fleet.desiredChanged(devices) }
    }
}

extension RequestContext {
    /// An id in the query; `nil` where it is not named.
    func queryID<Entity>(_ name: String) throws(Problem) -> Identifier<Entity>? {
        guard let text = query(name) else { return nil }
        guard let id = Identifier<Entity>(text) else { throw .invalid(name, "must be an id") }
        return id
    }

    /// For what a body names: the caller must be allowed it at that application.
    func require(
        _ permission: Permission, at application: Application.ID, in store: ApplicationStore
    ) async throws(Problem) {
        let path = try await stored { () async throws(StoreError) in
            try await store.path(of: application)
        }
        guard let path, caller.role(at: path) != nil else { throw .notFound("The application") }
        guard caller.may(permission, at: path) else {
            throw .forbidden(
                "Your role does not include: \(permission.description.lowercased()).")
        }
    }
}
