import Basics
import Domain
import HTTP
package import Site
package import Store

/// What is different between any two of: version, snapshot, running flows, uploaded file.
package struct ComparisonRoutes: Resource {
    private let stores: Stores
    private let comparer: FlowComparer

    package init(stores: Stores, comparer: FlowComparer) {
        self.stores = stores
        self.comparer = comparer
    }

    package var routes: [Route] {
        [
            .described(
                .post, "/api/v1/comparisons", .anywhere(.versionRead),
                "Compare two versions, snapshots, instances or uploaded flows",
                request: ComparisonOrder.schema, answer: Found<ComparisonView>.self, compare)
        ]
    }

    private func compare(_ context: RequestContext) async throws(Problem) -> Response {
        let body: [UInt8]
        do throws(BodyFault) {
            body = try await context.request.body.collect(upTo: ComparisonOrder.largest)
        } catch { throw error.problem }
        let order = try await comparer.perform { ComparisonOrder.read(body) }.get()
        let from = try await source(order.from, context)
        let to = try await source(order.to, context)
        do throws(ComparisonFault) {
            let bytes = try await comparer.compare(from, to, match: order.match) {
                ComparisonView($0).json
            }
            return .bytes(bytes, type: "application/json")
        } catch {
            throw Self.problem(error)
        }
    }

    /// Each side must be visible to the caller where it is.
    private func source(
        _ side: ComparisonOrder.Side, _ context: RequestContext
    ) async throws(Problem) -> ComparisonSource {
        switch side {
        case .version(let id):
            let version = try await stored { () async throws(StoreError) in
                try await stores.versions.get(id)
            }
            return .version(
                version, of: try await instance(version.instanceID, "This version", context))
        case .instance(let id):
            return .instance(try await instance(id, "This instance", context))
        case .snapshot(let id):
            let path = try await stored { () async throws(StoreError) in
                try await stores.applications.path(of: id)
            }
            guard let path, context.caller.may(.snapshotRead, at: path) else {
                throw .notFound("This snapshot")
            }
            return .snapshot(
                try await stored { () async throws(StoreError) in
                    try await stores.snapshots.get(id)
                })
        case .file(let flows, let name): return .file(flows, name: name)
        }
    }

    private func instance(
        _ id: Instance.ID, _ what: String, _ context: RequestContext
    ) async throws(Problem) -> Instance {
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: id)
        }
        guard let path, context.caller.may(.versionRead, at: path) else { throw .notFound(what) }
        return try await stored { () async throws(StoreError) in
            try await stores.instances.get(id)
        }
    }

    private static func problem(_ fault: ComparisonFault) -> Problem {
        switch fault {
        case .deploy(let fault): Problem(fault)
        case .version(let fault): Problem(fault)
        case .flows(let label, let fault):
            .conflict("What is kept as \(label) \(fault.reason) and cannot be compared.")
        }
    }
}
