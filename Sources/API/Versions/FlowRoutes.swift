package import Basics
import Domain
import HTTP
package import Site
package import Store

/// The flows that an instance has now, and how others get there: deploy and restore.
package struct FlowRoutes: Resource {
    private let stores: Stores
    private let deployer: FlowDeployer
    private let files: FileVersions

    package init(stores: Stores, deployer: FlowDeployer, files: FileVersions) {
        self.files = files
        self.stores = stores
        self.deployer = deployer
    }

    package var routes: [Route] {
        [
            .raw(
                .get, "/api/v1/instances/{instance}/flows", .needs(.flowsRead),
                "Read the flows of an instance; ETag is their revision", show),
            Route(
                .put, "/api/v1/instances/{instance}/flows", .needs(.flowsEdit),
                "Deploy flows; If-Match holds the revision that they replace",
                limit: .mebibytes(210), deploy),
            Route(
                .post, "/api/v1/instances/{instance}/restore", .needs(.flowsEdit),
                "Restore a version or a snapshot; with its files where that is asked for", restore),
        ]
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Response {
        let id: Instance.ID = try context.id("instance")
        do throws(DeployFault) {
            guard let version = try await deployer.newest(of: id) else {
                return .bytes(
                    Array(#"{"flows":[],"revision":null}"#.utf8), type: "application/json")
            }
            var json = JSONWriter()
            let text = try await deployer.text(of: version)
            json.object { json in
                json.key("flows")
                json.raw(text)
                json.field("revision", version.flows.hex)
            }
            return .bytes(
                json.bytes, type: "application/json",
                headers: [Header.etag: "\"\(version.flows.hex)\""])
        } catch { throw Problem(error) }
    }

    private func deploy(
        _ body: DeployFlows, _ context: RequestContext
    ) async throws(Problem) -> Found<VersionView> {
        let instance = try await instance(context)
        let expected = try expected(context)
        let flows = FlowDeployer.Flows(
            text: body.flows.json, credentials: body.credentials, source: .api)
        do throws(DeployFault) {
            let version = try await deployer.deploy(
                flows, to: instance, expected: expected, by: context.actor)
            return Found(
                VersionView(version), headers: [Header.etag: "\"\(version.flows.hex)\""])
        } catch { throw Problem(error) }
    }

    /// `If-Match: "<revision>"`; none, or `*`, overwrites.
    private func expected(_ context: RequestContext) throws(Problem) -> ContentAddress? {
        guard let text = context.request.headers[Header.ifMatch], text != "*" else { return nil }
        let bare = text.filter { $0 != "\"" }
        guard let address = ContentAddress(hex: bare) else {
            throw .precondition("If-Match must hold the revision that GET gave.")
        }
        return address
    }

    private func instance(_ context: RequestContext) async throws(Problem) -> Instance {
        let id: Instance.ID = try context.id("instance")
        return try await stored { () async throws(StoreError) in
            try await stores.instances.get(id)
        }
    }

    private func restore(
        _ body: RestoreFlows, _ context: RequestContext
    ) async throws(Problem) -> Found<RestoreView> {
        let instance = try await instance(context)
        switch body.source {
        case .version(let id):
            let version = try await stored { () async throws(StoreError) in
                try await stores.versions.get(id)
            }
            try await requireVisible(version, context)
            return try await restore(version.modules, version.files, body, instance, context) {
                () async throws(DeployFault) in
                try await deployer.restore(
                    version, to: instance, acceptMissing: body.acceptsMissing,
                    by: context.actor)
            }
        case .snapshot(let id):
            let snapshot = try await stored { () async throws(StoreError) in
                try await stores.snapshots.get(id)
            }
            try await requireVisible(snapshot, context)
            return try await restore(snapshot.modules, snapshot.files, body, instance, context) {
                () async throws(DeployFault) in
                try await deployer.restore(
                    snapshot, to: instance, acceptMissing: body.acceptsMissing,
                    by: context.actor)
            }
        }
    }

    /// A version may come from another instance: the caller must be able to read it there.
    private func requireVisible(
        _ version: Version, _ context: RequestContext
    ) async throws(Problem) {
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: version.instanceID)
        }
        guard let path, context.caller.may(.versionRead, at: path) else {
            throw .notFound("The version")
        }
        guard version.credentials == nil || context.mayTakeCredentials(from: path) else {
            throw .noForeignCredentials
        }
    }

    /// A snapshot may come from another application: the caller must be able to read it there.
    private func requireVisible(
        _ snapshot: Snapshot, _ context: RequestContext
    ) async throws(Problem) {
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: snapshot.applicationID)
        }
        guard let path, context.caller.may(.snapshotRead, at: path) else {
            throw .notFound("The snapshot")
        }
        guard snapshot.credentials == nil || context.mayTakeCredentials(from: path) else {
            throw .noForeignCredentials
        }
    }

    private func restore(
        _ modules: [NodeModule], _ list: ContentAddress?, _ body: RestoreFlows,
        _ instance: Instance, _ context: RequestContext,
        _ deploy: () async throws(DeployFault) -> FlowDeployer.Deployed
    ) async throws(Problem) -> Found<RestoreView> {
        let missing = await deployer.missingModules(of: modules, in: instance.id)
        if body.isDryRun {
            return Found(
                RestoreView(
                    version: nil, missing: missing,
                    restarted: await deployer.restarts(instance.id), files: nil))
        }
        var restored: Int?
        // Files first: the flows find them when they start, and the new version keeps them. Where
        // the flows are going to be refused, the files stay as they are.
        if body.withFiles, missing.isEmpty || body.acceptsMissing {
            restored = try await restoreFiles(list, body, instance, context)
        }
        do throws(DeployFault) {
            let deployed = try await deploy()
            return Found(
                RestoreView(
                    version: VersionView(deployed.version), missing: missing,
                    restarted: deployed.restarted, files: restored))
        } catch { throw Problem(error) }
    }

    private func restoreFiles(
        _ list: ContentAddress?, _ body: RestoreFlows, _ instance: Instance,
        _ context: RequestContext
    ) async throws(Problem) -> Int {
        guard context.caller.may(.filesEdit, at: context.path) else {
            throw .forbidden("Your role does not include changing files.")
        }
        guard let list else { throw .conflict("No files belong to it.") }
        do throws(FileVersions.Fault) {
            return try await files.restore(
                list, to: instance, removesOthers: body.removesOthers, by: context.actor
            ).restored
        } catch {
            switch error {
            case .vault(let fault): throw Problem(VersionFault.vault(fault))
            case .file(let fault): throw Problem(fault)
            }
        }
    }
}

package struct DeployFlows: APIBody {
    /// A list of nodes.
    let flows: JSONValue
    /// Values by node id, clear; `nil` leaves those that the instance has.
    let credentials: JSONObject?

    package static var schema: Schema {
        .object(
            "DeployFlows",
            [
                .field("flows", .list(.anything)),
                .field("credentials", .map(.map(.anything)), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        guard let flows = try json.optionalArray("flows") else {
            throw JSONFieldError(field: "flows", reason: "is missing")
        }
        self.flows = .array(flows)
        credentials = try json.optionalObject("credentials")
    }
}

package struct RestoreFlows: APIBody {
    enum Source {
        case version(Version.ID)
        case snapshot(Snapshot.ID)
    }

    let source: Source
    /// Only lists what would be missing.
    let isDryRun: Bool
    let acceptsMissing: Bool
    /// The files that belong to it, too.
    let withFiles: Bool
    /// Files that do not belong to it go.
    let removesOthers: Bool

    package static var schema: Schema {
        .object(
            "RestoreFlows",
            [
                .field("version", .identifier, optional: true),
                .field("snapshot", .identifier, optional: true),
                .field("dryRun", .boolean, optional: true),
                .field("acceptMissing", .boolean, optional: true),
                .field("files", .boolean, optional: true),
                .field("removeOthers", .boolean, optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        let version: Version.ID? = try json.optionalID("version")
        let snapshot: Snapshot.ID? = try json.optionalID("snapshot")
        switch (version, snapshot) {
        case (let version?, nil): source = .version(version)
        case (nil, let snapshot?): source = .snapshot(snapshot)
        default:
            throw JSONFieldError(field: "version", reason: "or snapshot must be named, one of both")
        }
        isDryRun = try json.optionalBool("dryRun") ?? false
        acceptsMissing = try json.optionalBool("acceptMissing") ?? false
        withFiles = try json.optionalBool("files") ?? false
        removesOthers = try json.optionalBool("removeOthers") ?? false
    }
}

package struct RestoreView: APIView {
    /// `nil` after a dry run.
    let version: VersionView?
    let missing: [NodeModule]
    /// Whether Node-RED itself was ended and started again, or would be; a Node-RED that runs takes
    /// the flows without that, and one that is stopped stays so.
    let restarted: Bool
    /// How many were put back; `nil` where none were asked for.
    let files: Int?

    package static var schema: Schema {
        .object(
            "Restore",
            [
                .field("version", .optional(VersionView.schema)),
                .field("missingModules", .list(NodeModuleView.schema)),
                .field("restarted", .boolean), .field("filesRestored", .optional(.integer)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("version", version)
            json.field("missingModules", missing.map(NodeModuleView.init))
            json.field("restarted", restarted)
            json.field("filesRestored", files)
        }
    }
}
