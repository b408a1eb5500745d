package import Basics
import Domain
import HTTP
package import Site
package import Store

/// What is abnormal now, and how the site itself is.
package struct OverviewRoutes: Resource {
    private let stores: Stores
    private let runtime: any InstanceRuntime
    private let facts: any SiteFacts
    private let reports: any DeviceReports

    package init(
        stores: Stores, runtime: any InstanceRuntime, facts: any SiteFacts,
        reports: any DeviceReports
    ) {
        self.stores = stores
        self.runtime = runtime
        self.facts = facts
        self.reports = reports
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/overview", .anywhere(.instanceRead), "Read how the site is",
                overview),
            Route(
                .get, "/api/v1/search", .anywhere(.instanceRead), "Find things by name",
                query: ["q"], search),
        ]
    }

    private func overview(_ context: RequestContext) async throws(Problem) -> Found<OverviewView> {
        let caller = context.caller
        let (site, all, alarms) = try await stored { () async throws(StoreError) in
            (
                try await stores.settings.site(), try await stores.instances.all(),
                try await stores.alarms.list(.init(open: true), .first).items
            )
        }
        var states: [InstanceState: Int] = [:]
        for instance in all where caller.may(.instanceRead, at: instance.path) {
            states[await runtime.status(of: instance.id).state, default: 0] += 1
        }
        let visible = alarms.filter { caller.may(.alarmRead, at: $0.path) }
        return Found(
            OverviewView(
                site: site?.name.text ?? "", states: states,
                warnings: visible.count { $0.severity == .warning },
                alarms: visible.count { $0.severity == .alarm },
                devices: try await tally(for: caller),
                deployments: try await deployments(for: caller), facts: await facts.now()))
    }

    private func tally(for caller: Caller) async throws(Problem) -> DeviceTally {
        let filter = DeviceStore.Filter(
            visible: try await .init(to: caller, in: stores.applications))
        let now = Timestamp.now()
        let (heads, facts) = try await stored { () async throws(StoreError) in
            let heads = try await stores.devices.heads(filter)
            return (heads, try await reports.facts(of: heads.map(\.id)))
        }
        var tally = DeviceTally()
        for head in heads {
            tally.add(DeviceCondition(head, facts[head.id] ?? DeviceFacts(), now: now))
        }
        return tally
    }

    private func deployments(
        for caller: Caller
    ) async throws(Problem) -> [Deployment.State: Int] {
        let visible = try await Visibility(.rolloutRead, for: caller, in: stores.applications)
        return try await stored { () async throws(StoreError) in
            try await stores.deployments.active(visible: visible.applications)
        }
    }

    /// The first ten of each kind.
    private func search(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<SearchHitView>> {
        guard let query = context.query("q") else { return Found(PageView(all: [])) }
        let needle = query.lowercased()
        let caller = context.caller
        let (instances, paths) = try await stored { () async throws(StoreError) in
            (try await stores.instances.all(), try await stores.applications.paths())
        }
        var hits = instances.filter {
            caller.may(.instanceRead, at: $0.path)
                && ($0.name.text.lowercased().contains(needle) || $0.slug.text.contains(needle))
        }.prefix(10).map {
            SearchHitView(
                type: "instance", id: $0.id.text, name: $0.name.text, path: "/instances/\($0.id)")
        }
        // Narrowed to what the caller sees first: ten thousand others must not hide it.
        let visible = try await DeviceStore.Filter.Visible(to: caller, in: stores.applications)
        let devices = try await stored { () async throws(StoreError) in
            try await stores.devices.list(
                .init(visible: visible), PageRequest(limit: 10, query: query)
            ).items
        }
        hits += devices.map {
            SearchHitView(
                type: "device", id: $0.id.text, name: $0.name.text, path: "/devices/\($0.id)")
        }
        for path in paths where caller.may(.snapshotRead, at: path) && hits.count < 30 {
            guard let application = path.application else { continue }
            let found = try await stored { () async throws(StoreError) in
                try await stores.snapshots.list(
                    of: application, PageRequest(limit: 10, query: query))
            }
            hits += found.items.map {
                SearchHitView(
                    type: "snapshot", id: $0.id.text, name: $0.name.text,
                    path: "/snapshots/\($0.id)")
            }
        }
        return Found(PageView(all: hits))
    }
}

package struct SearchHitView: APIView {
    let type: String
    let id: String
    let name: String
    /// Of the page that shows it.
    let path: String

    package static var schema: Schema {
        .object(
            "SearchHit",
            [
                .field("type", .text), .field("id", .text), .field("name", .text),
                .field("path", .text),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("type", type)
            json.field("id", id)
            json.field("name", name)
            json.field("path", path)
        }
    }
}
