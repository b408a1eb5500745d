package import Basics
import Domain
import HTTP
package import Site
package import Store

/// Snapshots: versions that a person named and keeps, and flows that somebody uploaded.
package struct SnapshotRoutes: Resource {
    private let stores: Stores
    private let deployer: FlowDeployer
    private let library: VersionLibrary

    package init(stores: Stores, deployer: FlowDeployer, library: VersionLibrary) {
        self.stores = stores
        self.deployer = deployer
        self.library = library
    }

    package var routes: [Route] {
        let ofInstance = "/api/v1/instances/{instance}/snapshots"
        let ofApplication = "/api/v1/applications/{application}/snapshots"
        let one = "/api/v1/snapshots/{snapshot}"
        return [
            Route(
                .get, ofInstance, .needs(.snapshotRead), "List the snapshots of an instance",
                query: ["limit", "cursor", "query"], listOfInstance),
            Route(
                .post, ofInstance, .needs(.snapshotEdit), "Name a version as a snapshot", create),
            Route(
                .get, ofApplication, .needs(.snapshotRead),
                "List the snapshots of an application", query: ["limit", "cursor", "query"],
                listOfApplication),
            .raw(
                .post, ofApplication, .needs(.snapshotEdit),
                "Upload a snapshot file, or plain flows", query: ["name"], upload),
            Route(.get, one, .needs(.snapshotRead), "Read a snapshot", show),
            Route(
                .patch, one, .needs(.snapshotEdit), "Rename, describe, pin or unpin a snapshot",
                change),
            Route(.delete, one, .needs(.snapshotEdit), "Remove a snapshot", remove),
            .raw(
                .get, "\(one)/download", .needs(.snapshotRead),
                "Download a snapshot; with header x-lineside-passphrase, its credentials too",
                download),
            .raw(.get, "\(one)/flows", .needs(.snapshotRead), "Read its flows", flows),
        ]
    }

    private func listOfInstance(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<SnapshotView>> {
        guard let application = context.path.application else { throw .notFound("This instance") }
        return try await list(application, try context.id("instance"), context)
    }

    private func listOfApplication(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<SnapshotView>> {
        try await list(try context.id("application"), nil, context)
    }

    private func list(
        _ application: Application.ID, _ instance: Instance.ID?, _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<SnapshotView>> {
        let request = try context.page()
        let page = try await stored { () async throws(StoreError) in
            try await stores.snapshots.list(of: application, instance: instance, request)
        }
        return Found(PageView(page.map(SnapshotView.init)))
    }

    private func create(
        _ body: NewSnapshot, _ context: RequestContext
    ) async throws(Problem) -> Created<SnapshotView> {
        let instance: Instance.ID = try context.id("instance")
        var version = body.version
        if version == nil {
            do throws(DeployFault) { version = try await deployer.newest(of: instance)?.id } catch {
                throw Problem(error)
            }
        }
        guard let named = version else {
            throw .conflict("There is no version yet: deploy something first.")
        }
        let snapshot = try await stored { () async throws(StoreError) in
            try await stores.snapshots.insert(
                body.name, note: body.note, of: named, in: instance, by: context.actor)
        }
        return Created(SnapshotView(snapshot), at: "/api/v1/snapshots/\(snapshot.id)")
    }

    /// Header, because an address ends up in logs.
    private static let passphraseHeader = "x-lineside-passphrase"

    private func upload(_ context: RequestContext) async throws(Problem) -> Response {
        let bytes: [UInt8]
        do throws(BodyFault) {
            bytes = try await context.request.body.collect(upTo: ByteCount(SnapshotFile.largest))
        } catch { throw error.problem }
        var name: Name<Snapshot>?
        if let text = context.query("name") {
            name = try valid("name") { () throws(ValidationFault) in try Name(validating: text) }
        }
        let chosen = name
        do throws(VersionFault) {
            let file = try SnapshotFile(reading: bytes)
            let snapshot = try await library.take(
                file, into: try Self.application(context), name: chosen,
                passphrase: context.request.headers[Self.passphraseHeader], by: context.actor)
            return Created(SnapshotView(snapshot), at: "/api/v1/snapshots/\(snapshot.id)").response
        } catch { throw Problem(error) }
    }

    /// The dispatcher has found the application by this id already.
    private static func application(
        _ context: RequestContext
    ) throws(VersionFault) -> Application.ID {
        guard let id = context.path.application else {
            throw .store(.notFound("This application"))
        }
        return id
    }

    private func snapshot(_ context: RequestContext) async throws(Problem) -> Snapshot {
        let id: Snapshot.ID = try context.id("snapshot")
        return try await stored { () async throws(StoreError) in
            try await stores.snapshots.get(id)
        }
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<SnapshotView> {
        Found(SnapshotView(try await snapshot(context)))
    }

    private func change(
        _ body: ChangeSnapshot, _ context: RequestContext
    ) async throws(Problem) -> Found<SnapshotView> {
        let id: Snapshot.ID = try context.id("snapshot")
        let snapshot = try await stored { () async throws(StoreError) in
            try await stores.snapshots.update(
                id, name: body.name, note: body.note, pinned: body.pinned, by: context.actor)
        }
        return Found(SnapshotView(snapshot))
    }

    private func remove(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Snapshot.ID = try context.id("snapshot")
        try await stored { () async throws(StoreError) in
            try await stores.snapshots.delete(id, by: context.actor)
        }
        return Done()
    }

    private func download(_ context: RequestContext) async throws(Problem) -> Response {
        let snapshot = try await snapshot(context)
        let passphrase = context.request.headers[Self.passphraseHeader]
        if passphrase != nil, !context.caller.may(.snapshotEdit, at: context.path) {
            throw .forbidden("Downloading credentials needs the right to change snapshots.")
        }
        do throws(VersionFault) {
            let file = try await library.export(snapshot, passphrase: passphrase)
            let slug = Slug.suggested(for: snapshot.name.text)
            return .download(file.bytes, named: "\(slug).json")
        } catch { throw Problem(error) }
    }

    private func flows(_ context: RequestContext) async throws(Problem) -> Response {
        let snapshot = try await snapshot(context)
        do throws(VersionFault) {
            return .bytes(try await library.flows(of: snapshot), type: "application/json")
        } catch { throw Problem(error) }
    }
}

package struct NewSnapshot: APIBody {
    let name: Name<Snapshot>
    let note: Note
    /// `nil`: the newest.
    let version: Version.ID?

    package static var schema: Schema {
        .object(
            "NewSnapshot",
            [
                .field("name", .text), .field("note", .text, optional: true),
                .field("version", .optional(.identifier), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        name = try json.name("name")
        note = try json.note("note")
        version = try json.optionalID("version")
    }
}

package struct ChangeSnapshot: APIBody {
    let name: Name<Snapshot>?
    let note: Note?
    let pinned: Bool?

    package static var schema: Schema {
        .object(
            "ChangeSnapshot",
            [
                .field("name", .text, optional: true), .field("note", .text, optional: true),
                .field("pinned", .boolean, optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalName("name")
        note = try json.optionalString("note") == nil ? nil : try json.note("note")
        pinned = try json.optionalBool("pinned")
    }
}
