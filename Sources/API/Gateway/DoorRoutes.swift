package import Basics
import Domain
import HTTP
package import Site
package import Store

/// One-time codes that carry a signed-in browser to an editor or to an instance's pages.
package struct DoorRoutes: Resource {
    private let instances: InstanceStore
    private let doorkeeper: Doorkeeper
    private let origins: SiteOrigins

    package init(instances: InstanceStore, doorkeeper: Doorkeeper, origins: SiteOrigins) {
        self.instances = instances
        self.doorkeeper = doorkeeper
        self.origins = origins
    }

    package var routes: [Route] {
        [
            Route(
                .post, "/api/v1/instances/{instance}/editor", .needs(.flowsRead),
                "Get a code that opens the editor", openEditor),
            Route(
                .post, "/api/v1/instances/{instance}/pages", .needs(.pagesOpen),
                "Get a code that opens the pages", openPages),
        ]
    }

    private func openEditor(_ context: RequestContext) async throws(Problem) -> Found<CodeView> {
        Found(try await code(context, side: .editors, path: "/"))
    }

    private func openPages(
        _ body: OpenPages, _ context: RequestContext
    ) async throws(Problem) -> Found<CodeView> {
        Found(try await code(context, side: .pages, path: body.path))
    }

    private func code(
        _ context: RequestContext, side: SiteOrigins.Side, path: String
    ) async throws(Problem) -> CodeView {
        guard let session = context.caller.sessionID, let called = context.called else {
            throw .forbidden("Only a signed-in browser can open an editor or a page this way.")
        }
        let id: Instance.ID = try context.id("instance")
        let instance = try await stored { () async throws(StoreError) in
            try await instances.get(id)
        }
        let now = Timestamp.now()
        let code = doorkeeper.issueCode(
            side: side, session: session, instance: id, slug: instance.slug, path: path,
            expiry: now + Session.absoluteLifetime)
        return CodeView(
            url: origins.origin(of: side, for: called) + Gateway.codePath, code: code,
            expiresAt: now + OneTimeCodes<Doorkeeper.Passage>.life)
    }
}

package struct CodeView: APIView {
    /// Where a form posts the field `code` to.
    let url: String
    let code: String
    let expiresAt: Timestamp

    package static var schema: Schema {
        .object(
            "Code", [.field("url", .text), .field("code", .text), .field("expiresAt", .time)])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("url", url)
            json.field("code", code)
            json.field("expiresAt", expiresAt)
        }
    }
}

package struct OpenPages: APIBody {
    /// Below the instance's root, with its query; begins with a slash.
    let path: String

    package static var schema: Schema {
        .object("OpenPages", [.field("path", .text, optional: true)])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        let path = try json.optionalString("path") ?? "/"
        // What stands after the instance's root must not lead out of it.
        let target = try? RequestTarget(path.isEmpty ? "/" : path)
        guard let target, target.raw.hasPrefix("/"), !target.raw.hasPrefix("//") else {
            throw JSONFieldError(field: "path", reason: "must be a path that begins with /")
        }
        self.path = target.raw
    }
}
