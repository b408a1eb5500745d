package import Basics
package import Domain
import HTTP
package import Store

/// What an instance used, past and present in one shape.
package struct ResourceRoutes: Resource {
    private let resources: ResourceStore

    package init(resources: ResourceStore) { self.resources = resources }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/instances/{instance}/resources", .needs(.instanceRead),
                "Read what an instance used", query: ["from", "to", "points"], list)
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<ResourceSampleView>> {
        let id: Instance.ID = try context.id("instance")
        let (from, to, points) = try context.resourceWindow()
        let samples = try await stored { () async throws(StoreError) in
            try await resources.list(of: id, from: from, to: to, points: points)
        }
        return Found(PageView(all: samples.map(ResourceSampleView.init)))
    }
}

extension RequestContext {
    /// One hour up to now unless the query says otherwise.
    func resourceWindow() throws(Problem) -> (from: Timestamp, to: Timestamp, points: Int) {
        let to = try time("to") ?? .now()
        let from = try time("from") ?? to - .seconds(3600)
        guard from < to else { throw .invalid("from", "must be before “to”") }
        var points = 300
        if let text = query("points") {
            guard let number = Int(text), (1...2000).contains(number) else {
                throw .invalid("points", "must be 1 to 2000")
            }
            points = number
        }
        return (from, to, points)
    }
}

package struct ResourceSampleView: APIView {
    let sample: ResourceSample
    package init(_ sample: ResourceSample) { self.sample = sample }

    package static var schema: Schema {
        .object(
            "ResourceSample",
            [
                .field("at", .time), .field("rss", .integer),
                .field("heapUsed", .optional(.integer)), .field("cpuPercent", .number),
                .field("lagMs", .optional(.number)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("at", sample.at)
            json.field("rss", sample.rss)
            json.field("heapUsed", sample.heapUsed)
            json.field("cpuPercent", sample.cpuPercent)
            json.field("lagMs", sample.lagMilliseconds)
        }
    }
}
