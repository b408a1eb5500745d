import Basics
import Domain
import HTTP
package import Site
package import Store

/// Devices: list, read, change, delete. They are made by `DeviceCreationRoutes`.
package struct DeviceRoutes: Resource {
    let stores: Stores
    let maker: DeviceViewMaker
    let observer: any DeviceObserver
    let fitness: TargetFitness

    package init(
        stores: Stores, maker: DeviceViewMaker, observer: any DeviceObserver,
        fitness: any RolloutFitness
    ) {
        self.fitness = TargetFitness(stores: stores, fitness: fitness)
        self.stores = stores
        self.maker = maker
        self.observer = observer
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/devices", .anywhere(.deviceRead), "List the devices",
                query: [
                    "application", "group", "team", "state", "connected", "tag", "sort",
                    "limit", "cursor", "query",
                ], list),
            Route(
                .get, "/api/v1/devices/{device}", .needs(.deviceRead), "Read a device", show),
            Route(
                .patch, "/api/v1/devices/{device}", .needs(.deviceEdit), "Change a device",
                change),
            Route(
                .delete, "/api/v1/devices/{device}", .needs(.deviceDelete),
                "Delete a device; its certificates are revoked", delete),
        ]
    }

    func device(_ context: RequestContext) async throws(Problem) -> Device {
        let id: Device.ID = try context.id("device")
        return try await stored { () async throws(StoreError) in try await stores.devices.get(id) }
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<DeviceView> {
        Found(try await maker.view(try await device(context)))
    }

    private func delete(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Device.ID = try context.id("device")
        let device = try await stored { () async throws(StoreError) in
            try await stores.devices.delete(id, by: context.actor)
        }
        await observer.ended([device])
        // After its last word: nothing is said of it any more.
        try await stored { () async throws(StoreError) in
            try await stores.logs.delete(ofDevice: id)
        }
        return Done()
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<DeviceView>> {
        var filter = DeviceStore.Filter(
            visible: try await .init(to: context.caller, in: stores.applications))
        filter.team = try Self.id("team", context)
        filter.application = try Self.id("application", context)
        filter.group = try Self.id("group", context)
        if let text = context.query("tag") {
            filter.tag = try valid("tag") { () throws(ValidationFault) in
                try DeviceTag(validating: text)
            }
        }
        let request = try context.page()
        let narrowing = try DeviceNarrowing(context)
        if narrowing.isNone {
            let page = try await stored { () async throws(StoreError) in
                try await stores.devices.list(filter, request)
            }
            let views = try await maker.views(page.items)
            return Found(PageView(Page(items: views, count: page.count, next: page.next)))
        }
        return Found(PageView(try await page(filter, narrowing, request)))
    }

    private static func id<Entity>(
        _ name: String, _ context: RequestContext
    ) throws(Problem) -> Identifier<Entity>? {
        guard let text = context.query(name) else { return nil }
        guard let id = Identifier<Entity>(text) else { throw .notFound("This \(name)") }
        return id
    }

    /// What devices say of themselves the database cannot select by: a little of all that match
    /// otherwise is looked at, and of those on the page the rest is read. The cursor is how many
    /// were shown.
    private func page(
        _ filter: DeviceStore.Filter, _ narrowing: DeviceNarrowing, _ request: PageRequest
    ) async throws(Problem) -> Page<DeviceView> {
        let heads = try await stored { () async throws(StoreError) in
            try await stores.devices.heads(filter, request)
        }
        let facts = try await maker.facts(of: heads.map(\.id))
        let matching = narrowing.order(heads, facts, now: .now())
        let shown = max(0, request.cursor?.keys.first.flatMap { Int($0) } ?? 0)
        let part = matching.dropFirst(shown).prefix(request.limit)
        let devices = try await stored { () async throws(StoreError) in
            try await stores.devices.some(Array(part))
        }
        let end = shown + part.count
        return Page(
            items: try await maker.views(part.compactMap { devices[$0] }, facts),
            count: matching.count, next: end < matching.count ? Cursor(["\(end)"]) : nil)
    }
}

extension DeviceStore.Filter.Visible {
    /// Where the caller may see devices; `nil` for everywhere.
    init?(to caller: Caller, in applications: ApplicationStore) async throws(Problem) {
        let visible = try await Visibility(.deviceRead, for: caller, in: applications)
        guard let teams = visible.teams, let applications = visible.applications else {
            return nil
        }
        self.init(teams: teams, applications: applications)
    }
}
