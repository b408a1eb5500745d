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

    package init(stores: Stores, maker: DeviceViewMaker, observer: any DeviceObserver) {
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
        return Done()
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<DeviceView>> {
        var filter = DeviceStore.Filter(visible: try await visible(to: context.caller))
        filter.team = try Self.id("team", context)
        filter.application = try Self.id("application", context)
        filter.group = try Self.id("group", context)
        if let text = context.query("tag") {
            filter.tag = try valid("tag") { () throws(ValidationFault) in
                try DeviceTag(validating: text)
            }
        }
        let request = try context.page()
        let narrowing = try Narrowing(context)
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

    /// Where the caller may see devices; `nil` for everywhere.
    private func visible(
        to caller: Caller
    ) async throws(Problem) -> DeviceStore.Filter.Visible? {
        if caller.actor.identity == .site { return nil }
        let paths = try await stored { () async throws(StoreError) in
            try await stores.applications.paths()
        }
        let seen = paths.filter { caller.may(.deviceRead, at: $0) }
        let applications = seen.compactMap(\.application)
        // A whole team only where none of its applications gives less.
        let teams = seen.filter { $0.application == nil }.compactMap(\.team)
        if seen.count == paths.count, caller.may(.deviceRead, at: .site) { return nil }
        return DeviceStore.Filter.Visible(teams: teams, applications: applications)
    }

    /// What devices say of themselves the database cannot select by: all that match otherwise are
    /// looked at, and the cursor is how many of them were shown.
    private func page(
        _ filter: DeviceStore.Filter, _ narrowing: Narrowing, _ request: PageRequest
    ) async throws(Problem) -> Page<DeviceView> {
        var matching: [(device: Device, facts: DeviceFacts)] = []
        var next = PageRequest(limit: PageRequest.maximumLimit, query: request.query)
        while true {
            let asked = next
            let stretch = try await stored { () async throws(StoreError) in
                try await stores.devices.list(filter, asked)
            }
            let facts = try await maker.facts(of: stretch.items)
            for device in stretch.items {
                let facts = facts[device.id] ?? DeviceFacts()
                if narrowing.takes(facts) { matching.append((device, facts)) }
            }
            guard let cursor = stretch.next else { break }
            next = PageRequest(
                limit: PageRequest.maximumLimit, cursor: cursor, query: request.query)
        }
        narrowing.sort(&matching)
        let shown = max(0, request.cursor?.keys.first.flatMap { Int($0) } ?? 0)
        let part = Array(matching.dropFirst(shown).prefix(request.limit))
        let facts = Dictionary(part.map { ($0.device.id, $0.facts) }) { first, _ in first }
        let end = shown + part.count
        return Page(
            items: try await maker.views(part.map(\.device), facts), count: matching.count,
            next: end < matching.count ? Cursor(["\(end)"]) : nil)
    }
}

/// What a list is cut down to and sorted by beyond what the database knows.
private struct Narrowing {
    enum Order: String, CaseIterable { case name, state, lastSeen = "last-seen" }

    var state: String?
    var isConnected: Bool?
    var order = Order.name

    init(_ context: RequestContext) throws(Problem) {
        state = context.query("state")
        if let text = context.query("connected") {
            guard text == "true" || text == "false" else {
                throw .invalid("connected", "must be true or false")
            }
            isConnected = text == "true"
        }
        if let text = context.query("sort") {
            guard let order = Order(rawValue: text) else {
                let words = Order.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid("sort", "must be one of \(words)")
            }
            self.order = order
        }
    }

    var isNone: Bool { state == nil && isConnected == nil && order == .name }

    func takes(_ facts: DeviceFacts) -> Bool {
        (state.map { $0 == facts.state } ?? true)
            && (isConnected.map { $0 == facts.isConnected } ?? true)
    }

    /// By name it is sorted already; `last-seen`: the longest silent first.
    func sort(_ list: inout [(device: Device, facts: DeviceFacts)]) {
        func key(_ one: (device: Device, facts: DeviceFacts)) -> (String, Int64, String) {
            switch order {
            case .name: ("", 0, "")
            case .state: (one.facts.state, 0, one.device.name.text)
            case .lastSeen:
                ("", one.facts.lastSeenAt?.milliseconds ?? 0, one.device.name.text)
            }
        }
        if order != .name { list.sort { key($0) < key($1) } }
    }
}
