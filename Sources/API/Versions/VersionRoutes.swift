import Basics
import Domain
import HTTP
package import Site
package import Store

/// The versions of an instance: what every deploy left behind.
package struct VersionRoutes: Resource {
    private let versions: VersionStore
    private let audit: AuditStore
    private let runs: FlowTestRunStore
    private let instances: InstanceStore
    private let deployer: FlowDeployer
    private let library: VersionLibrary
    private let intake: SnapshotIntake

    package init(
        stores: Stores, deployer: FlowDeployer, library: VersionLibrary, intake: SnapshotIntake
    ) {
        versions = stores.versions
        audit = stores.audit
        runs = stores.flowTestRuns
        instances = stores.instances
        self.deployer = deployer
        self.library = library
        self.intake = intake
    }

    package var routes: [Route] {
        let one = "/api/v1/instances/{instance}/versions/{version}"
        return [
            Route(
                .get, "/api/v1/instances/{instance}/versions", .needs(.versionRead),
                "List the versions of an instance", query: ["limit", "cursor"], list),
            Route(.get, one, .needs(.versionRead), "Read a version", show),
            Route(
                .patch, one, .needs(.snapshotEdit),
                "Pin a version, which keeps it whatever the retention says, or unpin it", change),
            .raw(
                .get, "\(one)/flows", .needs(.versionRead),
                "Read the flows of a version, byte for byte", flows),
            .raw(
                .get, "\(one)/download", .needs(.versionRead),
                "Download a version; with header x-lineside-passphrase, its credentials too",
                query: ["format"], download),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<VersionView>> {
        let id: Instance.ID = try context.id("instance")
        // Deploys that were acknowledged a moment ago belong to the list.
        do throws(DeployFault) { _ = try await deployer.newest(of: id) } catch {
            throw Problem(error)
        }
        let request = try context.page()
        let page = try await stored { () async throws(StoreError) in
            try await versions.list(of: id, request)
        }
        let tests = try await tests(of: page.items)
        return Found(PageView(page.map { VersionView($0, tests: tests[$0.id]) }))
    }

    private func tests(
        of versions: [Version]
    ) async throws(Problem) -> [Version.ID: FlowTestRun] {
        try await stored { () async throws(StoreError) in
            try await runs.newest(over: versions.map(\.id))
        }
    }

    private func version(_ context: RequestContext) async throws(Problem) -> Version {
        let id: Version.ID = try context.id("version")
        let instance: Instance.ID = try context.id("instance")
        return try await stored { () async throws(StoreError) in
            try await versions.get(id, of: instance)
        }
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<VersionView> {
        let version = try await version(context)
        return Found(VersionView(version, tests: try await tests(of: [version])[version.id]))
    }

    private func change(
        _ body: ChangeVersion, _ context: RequestContext
    ) async throws(Problem) -> Found<VersionView> {
        let version = try await version(context)
        guard let isPinned = body.pinned else { return Found(VersionView(version)) }
        return Found(
            VersionView(
                try await stored { () async throws(StoreError) in
                    try await versions.pin(
                        version.id, of: version.instanceID, isPinned, by: context.actor)
                }))
    }

    private func flows(_ context: RequestContext) async throws(Problem) -> Response {
        let version = try await version(context)
        do throws(DeployFault) {
            let text = try await deployer.text(of: version)
            return .bytes(
                text, type: "application/json",
                headers: [Header.etag: "\"\(version.flows.hex)\""])
        } catch { throw Problem(error) }
    }

    private func download(_ context: RequestContext) async throws(Problem) -> Response {
        let version = try await version(context)
        let instance = try await stored { () async throws(StoreError) in
            try await instances.get(version.instanceID)
        }
        let name = "\(instance.name) \(version.number)"
        let wish = try SnapshotWish(context)
        let bytes: [UInt8]
        do throws(VersionFault) {
            let content = try await library.content(
                of: version, name: name, withSecrets: wish.passphrase != nil)
            bytes = try await intake.write(content, as: wish.format, passphrase: wish.passphrase)
        } catch { throw Problem(error) }
        try await wish.record(
            "version.exported", instance.reference,
            "Version \(version.number) of instance “\(instance.name)”", in: audit, context)
        return .download(bytes, named: "\(instance.slug)-\(version.number).json")
    }
}

extension Response {
    /// - Parameter name: letters that need no quoting.
    static func download(_ bytes: [UInt8], named name: String) -> Response {
        .bytes(
            bytes, type: "application/json",
            headers: [Header.contentDisposition: "attachment; filename=\"\(name)\""])
    }
}

struct ChangeVersion: APIBody {
    let pinned: Bool?

    static var schema: Schema {
        .object("ChangeVersion", [.field("pinned", .boolean, optional: true)])
    }

    init(json: JSONObject) throws(JSONFieldError) { pinned = try json.optionalBool("pinned") }
}
