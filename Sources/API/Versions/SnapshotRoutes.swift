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
    private let intake: SnapshotIntake
    private let inbox: UploadInbox

    package init(
        stores: Stores, deployer: FlowDeployer, library: VersionLibrary, intake: SnapshotIntake,
        inbox: UploadInbox
    ) {
        self.stores = stores
        self.deployer = deployer
        self.library = library
        self.intake = intake
        self.inbox = inbox
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
                "Upload a snapshot of Lineside or FlowFuse, plain flows, or a Node-RED user directory "
                    + "as zip or tar.gz; header x-lineside-passphrase opens its credentials",
                query: ["name"], upload),
            Route(.get, one, .needs(.snapshotRead), "Read a snapshot", show),
            Route(
                .patch, one, .needs(.snapshotEdit), "Rename, describe, pin or unpin a snapshot",
                change),
            Route(.delete, one, .needs(.snapshotEdit), "Remove a snapshot", remove),
            .raw(
                .get, "\(one)/download", .needs(.snapshotRead),
                "Download a snapshot; with header x-lineside-passphrase, its credentials too",
                query: ["format"], download),
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
    static let passphraseHeader = "x-lineside-passphrase"

    private func upload(_ context: RequestContext) async throws(Problem) -> Response {
        var name: Name<Snapshot>?
        if let text = context.query("name") {
            name = try valid("name") { () throws(ValidationFault) in try Name(validating: text) }
        }
        let chosen = name
        let file: UploadInbox.File
        do throws(UploadInbox.Fault) {
            file = try await inbox.take(context.request.body)
        } catch { throw Problem(error) }
        defer { file.discard() }
        do throws(VersionFault) {
            let content = try await intake.read(
                file.path, passphrase: context.request.headers[Self.passphraseHeader])
            let snapshot = try await library.take(
                content, into: try Self.application(context), name: chosen, by: context.actor)
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
        let wish = try SnapshotWish(context)
        let bytes: [UInt8]
        do throws(VersionFault) {
            var content = try await library.content(
                of: snapshot, withSecrets: wish.passphrase != nil)
            // As of an instance: who may only read sees no values of its environment.
            if !context.caller.may(.snapshotEdit, at: context.path) { content.forgetValues() }
            bytes = try await intake.write(content, as: wish.format, passphrase: wish.passphrase)
        } catch { throw Problem(error) }
        try await wish.record(
            "snapshot.exported", snapshot.reference, "Snapshot “\(snapshot.name)”",
            in: stores.audit, context)
        return .download(bytes, named: "\(Slug.suggested(for: snapshot.name.text)).json")
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
