package import Basics
import Domain
import HTTP
package import Site
package import Store

/// The flows that an instance has now, and how others get there: deploy and restore.
package struct FlowRoutes: Resource {
    let stores: Stores
    let deployer: FlowDeployer
    let files: FileVersions

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
            text: body.text, credentials: body.credentials, source: .api)
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

    func instance(_ context: RequestContext) async throws(Problem) -> Instance {
        let id: Instance.ID = try context.id("instance")
        return try await stored { () async throws(StoreError) in
            try await stores.instances.get(id)
        }
    }
}

package struct DeployFlows: APIBody {
    /// A list of nodes.
    let text: [UInt8]
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
        text = JSONValue.array(flows).json
        credentials = try json.optionalObject("credentials")
    }
}
