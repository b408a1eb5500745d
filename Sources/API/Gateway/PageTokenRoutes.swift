package import Basics
import Domain
import HTTP
import Site
package import Store

/// Bearer tokens that open the pages of one instance, for machines.
package struct PageTokenRoutes: Resource {
    private let tokens: PageTokenStore

    package init(tokens: PageTokenStore) { self.tokens = tokens }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/instances/{instance}/page-tokens", .needs(.instanceEdit),
                "List the page tokens of an instance", list),
            Route(
                .post, "/api/v1/instances/{instance}/page-tokens", .needs(.instanceEdit),
                "Create a page token", create),
            Route(
                .delete, "/api/v1/instances/{instance}/page-tokens/{token}",
                .needs(.instanceEdit), "Delete a page token", delete),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<PageTokenView>> {
        let id: Instance.ID = try context.id("instance")
        let found = try await stored { () async throws(StoreError) in try await tokens.list(of: id)
        }
        return Found(PageView(all: found.map { PageTokenView(token: $0, secret: nil) }))
    }

    private func create(
        _ body: NewPageToken, _ context: RequestContext
    ) async throws(Problem) -> Created<PageTokenView> {
        let id: Instance.ID = try context.id("instance")
        let secret = MachineSecret(prefix: PageToken.prefix)
        let token = try await stored { () async throws(StoreError) in
            try await tokens.insert(
                body.name, for: id, secretHash: secret.hash,
                by: context.actor)
        }
        return Created(
            PageTokenView(token: token, secret: secret.text),
            at: "/api/v1/instances/\(id)/page-tokens/\(token.id)")
    }

    private func delete(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Instance.ID = try context.id("instance")
        let token: PageToken.ID = try context.id("token")
        try await stored { () async throws(StoreError) in
            try await tokens.delete(token, of: id, by: context.actor)
        }
        return Done()
    }
}

package struct PageTokenView: APIView {
    let token: PageToken
    /// Only in the answer that creates it.
    let secret: String?

    package static var schema: Schema {
        .object(
            "PageToken",
            [
                .field("id", .identifier), .field("name", .text), .field("createdAt", .time),
                .field("lastUsedAt", .optional(.time)), .field("secret", .text, optional: true),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", token.id)
            json.field("name", token.name.text)
            json.field("createdAt", token.createdAt)
            json.field("lastUsedAt", token.lastUsedAt)
            if let secret { json.field("secret", secret) }
        }
    }
}

package struct NewPageToken: APIBody {
    let name: Name<PageToken>

    package static var schema: Schema { .object("NewPageToken", [.field("name", .text)]) }

    package init(json: JSONObject) throws(JSONFieldError) {
        name = try json.name("name")
    }
}

extension JSONObject {
    /// A validated name.
    func name<Entity>(_ field: String) throws(JSONFieldError) -> Name<Entity> {
        let text = try string(field)
        do throws(ValidationFault) { return try Name(validating: text) } catch {
            throw JSONFieldError(field: field, reason: error.reason)
        }
    }

    func optionalName<Entity>(_ field: String) throws(JSONFieldError) -> Name<Entity>? {
        try optionalString(field) == nil ? nil : try name(field)
    }

    /// A note, empty where none is given.
    func note(_ field: String) throws(JSONFieldError) -> Note {
        let text = try optionalString(field) ?? ""
        do throws(ValidationFault) { return try Note(validating: text) } catch {
            throw JSONFieldError(field: field, reason: error.reason)
        }
    }
}
