import Basics
import Domain
import HTTP
package import Store

/// What a device wrote and used: what it sent while somebody looked, or kept and sent later.
package struct DeviceHistoryRoutes: Resource {
    private let logs: LogStore
    private let resources: ResourceStore

    package init(stores: Stores) {
        logs = stores.logs
        resources = stores.resources
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/devices/{device}/logs", .needs(.deviceRead),
                "Read the log of a device",
                query: ["before", "after", "limit", "level", "query"], log),
            .raw(
                .get, "/api/v1/devices/{device}/logs/download", .needs(.deviceRead),
                "Download the log of a device as text", query: ["level", "query"], download),
            Route(
                .get, "/api/v1/devices/{device}/resources", .needs(.deviceRead),
                "Read what a device used", query: ["from", "to", "points"], used),
        ]
    }

    private func log(_ context: RequestContext) async throws(Problem) -> Found<LogPageView> {
        let id: Device.ID = try context.id("device")
        let direction = try context.logDirection()
        let limit = try context.page().limit
        let filter = try context.logFilter()
        let stretch = try await stored { () async throws(StoreError) in
            try await logs.page(ofDevice: id, direction, filter, limit: limit)
        }
        return Found(LogPageView(stretch: stretch))
    }

    private func download(_ context: RequestContext) async throws(Problem) -> Response {
        let id: Device.ID = try context.id("device")
        guard let owner = Instance.ID(id.text) else { throw .notFound("This device") }
        return LogRoutes.text(of: owner, try context.logFilter(), in: logs)
    }

    private func used(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<ResourceSampleView>> {
        let id: Device.ID = try context.id("device")
        let (from, to, points) = try context.resourceWindow()
        let samples = try await stored { () async throws(StoreError) in
            try await resources.list(ofDevice: id, from: from, to: to, points: points)
        }
        return Found(PageView(all: samples.map(ResourceSampleView.init)))
    }
}
