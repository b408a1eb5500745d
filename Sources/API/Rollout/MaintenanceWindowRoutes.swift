package import Basics
import Domain
import HTTP
package import Site
package import Store

/// When machines may be touched.
package struct MaintenanceWindowRoutes: Resource {
    private let stores: Stores
    private let zones: ZoneBook
    private let service: RolloutService
    private let clock: @Sendable () -> Timestamp

    package init(
        stores: Stores, zones: ZoneBook, service: RolloutService,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.stores = stores
        self.zones = zones
        self.service = service
        self.clock = clock
    }

    package var routes: [Route] {
        let window = "/api/v1/maintenance-windows/{window}"
        return [
            Route(
                .get, "/api/v1/maintenance-windows", .anywhere(.rolloutRead),
                "List maintenance windows", query: ["application", "limit", "cursor", "query"],
                list),
            Route(
                .post, "/api/v1/maintenance-windows", .anywhere(.rolloutEdit),
                "Make a maintenance window", create),
            Route(.get, window, .needs(.rolloutRead), "Read a maintenance window", show),
            Route(.patch, window, .needs(.rolloutEdit), "Change a maintenance window", change),
            Route(.delete, window, .needs(.rolloutEdit), "Remove a maintenance window", remove),
            Route(
                .get, "\(window)/preview", .needs(.rolloutRead),
                "See whether a deployment to groups fits into the next opening",
                query: ["groupId", "snapshotId", "canary", "percent", "soakSeconds"], preview),
        ]
    }

    private func view(_ window: MaintenanceWindow) -> MaintenanceWindowView {
        let now = clock()
        return MaintenanceWindowView(
            window, opening: zones.opening(of: window, at: now), now: now)
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<MaintenanceWindowView>> {
        let request = try context.page()
        let application: Application.ID? = try context.queryID("application")
        let visible = try await Visibility(
            .rolloutRead, for: context.caller, in: stores.applications)
        let page = try await stored { () async throws(StoreError) in
            try await stores.windows.list(of: application, visible: visible.applications, request)
        }
        return Found(PageView(page.map(view)))
    }

    private func create(
        _ body: MakeMaintenanceWindow, _ context: RequestContext
    ) async throws(Problem) -> Created<MaintenanceWindowView> {
        try await context.require(.rolloutEdit, at: body.application, in: stores.applications)
        try requireKnown(body.rule.zone)
        let window = try await stored { () async throws(StoreError) in
            try await stores.windows.insert(
                body.name, body.rule, in: body.application, by: context.actor)
        }
        return Created(view(window), at: "/api/v1/maintenance-windows/\(window.id)")
    }

    private func requireKnown(_ zone: TimeZoneName) throws(Problem) {
        guard zones.rules(of: zone) != nil else {
            throw .invalid("timeZone", "is not in this server’s database of time zones")
        }
    }

    private func show(
        _ context: RequestContext
    ) async throws(Problem) -> Found<MaintenanceWindowView> {
        Found(view(try await window(context)))
    }

    private func window(_ context: RequestContext) async throws(Problem) -> MaintenanceWindow {
        let id: MaintenanceWindow.ID = try context.id("window")
        return try await stored { () async throws(StoreError) in try await stores.windows.get(id) }
    }

    private func change(
        _ body: ChangeMaintenanceWindow, _ context: RequestContext
    ) async throws(Problem) -> Found<MaintenanceWindowView> {
        let old = try await window(context)
        let rule: MaintenanceWindow.Rule
        do throws(JSONFieldError) { rule = try body.rule(from: old.rule) } catch {
            throw .invalid(error.field, error.reason)
        }
        try requireKnown(rule.zone)
        let window = try await stored { () async throws(StoreError) in
            try await stores.windows.update(
                old.id, name: body.name, rule: rule, by: context.actor)
        }
        await service.refresh()
        return Found(view(window))
    }

    private func remove(_ context: RequestContext) async throws(Problem) -> Done {
        let id: MaintenanceWindow.ID = try context.id("window")
        try await stored { () async throws(StoreError) in
            try await stores.windows.delete(id, by: context.actor)
        }
        return Done()
    }

    /// With the plan that the deployment would have; what is left out is as by default.
    private func preview(
        _ context: RequestContext
    ) async throws(Problem) -> Found<WindowPreviewView> {
        let window = try await window(context)
        let groups = try Self.groups(context)
        let plan = try Self.plan(context)
        let opening = zones.opening(of: window, at: clock())
        let (count, measured) = try await stored { () async throws(StoreError) in
            var count = 0
            for id in groups {
                let group = try await stores.deviceGroups.get(id).group
                guard group.applicationID == window.applicationID else {
                    throw .notFound("The device group")
                }
                count += group.deviceCount
            }
            return (count, try await stores.deployments.measured(in: window.applicationID))
        }
        let steps = plan.steps(of: count).count
        // Devices of a step work side by side; steps come one after the other, each watched.
        let needed = measured.map { steps * ($0.fetch + $0.switching + plan.soakSeconds) }
        let text: String
        if let opening, let measured, let needed {
            let fits = opening.from + .seconds(needed) <= opening.to
            text =
                "\(count) devices in \(steps) steps: fetch \(measured.fetch) s and "
                + "switch \(measured.switching) s each, \(needed) s with the time that they are "
                + "watched: \(fits ? "fits" : "does not fit; the rest waits for the next opening")."
        } else if opening == nil {
            text = "This window opens no more."
        } else {
            text = "No device of this application was updated yet: nothing was measured."
        }
        return Found(
            WindowPreviewView(
                opening: opening, devices: count, fetchSeconds: measured?.fetch,
                switchSeconds: measured?.switching, neededSeconds: needed, text: text))
    }

    /// One, or several with commas between.
    private static func groups(
        _ context: RequestContext
    ) throws(Problem) -> Set<DeviceGroup.ID> {
        let parts = (context.query("groupId") ?? "").split(separator: ",")
        let groups = Set(parts.compactMap { DeviceGroup.ID(String($0)) })
        guard !groups.isEmpty, groups.count == parts.count, groups.count <= 200 else {
            throw .invalid("groupId", "must name one to 200 groups")
        }
        return groups
    }

    private static func plan(_ context: RequestContext) throws(Problem) -> RolloutPlan {
        var plan = RolloutPlan()
        func number(_ name: String, _ field: inout Int) throws(Problem) {
            guard let text = context.query(name) else { return }
            guard let value = Int(text) else { throw .invalid(name, "must be a whole number") }
            field = value
        }
        try number("canary", &plan.canary)
        try number("soakSeconds", &plan.soakSeconds)
        if let text = context.query("percent") {
            let parts = text.split(separator: ",")
            let shares = parts.compactMap { Int($0) }
            guard shares.count == parts.count else {
                throw .invalid("percent", "must be whole numbers with commas between")
            }
            plan.percent = shares
        }
        let wanted = plan
        return try valid("plan") { () throws(ValidationFault) in try wanted.validated() }
    }
}
