import Basics
import Domain
import HTTP
package import Site
package import Store

/// What is different between any two of: version, snapshot, running flows, uploaded file.
package struct ComparisonRoutes: Resource {
    private let stores: Stores
    private let comparer: FlowComparer
    private let allowance = BodyAllowance(
        ByteCount(ComparisonOrder.largest.bytes * 2))

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
        try await allowance.collect(context.request.body, upTo: ComparisonOrder.largest) {
            (body) async throws(Problem) in try await compare(body, context)
        }
    }

    private func compare(
        _ body: [UInt8], _ context: RequestContext
    ) async throws(Problem) -> Response {
        let order = try await comparer.perform { ComparisonOrder.read(body) }.get()
        let from = try await side(order.from, context)
        let to = try await side(order.to, context)
        do throws(ComparisonFault) {
            let bytes = try await comparer.compare(
                from.source, to.source, match: order.match,
                withCredentials: Self.mayCompareCredentials(from, to, context)
            ) { ComparisonView($0).json }
            return .bytes(bytes, type: "application/json")
        } catch {
            throw Self.problem(error)
        }
    }

    private typealias Side = (source: ComparisonSource, path: ScopePath?)

    /// Who can put guesses into one application and only read in another must not learn there
    /// which guess is right.
    private static func mayCompareCredentials(
        _ from: Side, _ to: Side, _ context: RequestContext
    ) -> Bool {
        let paths = [from.path, to.path].compactMap { $0 }
        return paths.first?.application == paths.last?.application
            || paths.allSatisfy { context.caller.may(.snapshotEdit, at: $0) }
    }

    /// Each side must be visible to the caller where it is.
    private func side(
        _ side: ComparisonOrder.Side, _ context: RequestContext
    ) async throws(Problem) -> Side {
        switch side {
        case .version(let id):
            let version = try await stored { () async throws(StoreError) in
                try await stores.versions.get(id)
            }
            let (instance, path) = try await instance(version.instanceID, "The version", context)
            return (.version(version, of: instance), path)
        case .instance(let id):
            let (instance, path) = try await instance(id, "The instance", context)
            return (.instance(instance), path)
        case .snapshot(let id):
            let path = try await stored { () async throws(StoreError) in
                try await stores.applications.path(of: id)
            }
            guard let path, context.caller.may(.snapshotRead, at: path) else {
                throw .notFound("The snapshot")
            }
            let snapshot = try await stored { () async throws(StoreError) in
                try await stores.snapshots.get(id)
            }
            return (.snapshot(snapshot), path)
        case .file(let flows, let name): return (.file(flows, name: name), nil)
        }
    }

    private func instance(
        _ id: Instance.ID, _ what: String, _ context: RequestContext
    ) async throws(Problem) -> (Instance, ScopePath) {
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: id)
        }
        guard let path, context.caller.may(.versionRead, at: path) else { throw .notFound(what) }
        let instance = try await stored { () async throws(StoreError) in
            try await stores.instances.get(id)
        }
        return (instance, path)
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
