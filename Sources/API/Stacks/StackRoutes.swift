package import Basics
package import Domain
import HTTP
package import Site
import Store

/// Stacks: Node-RED as instances run it. Everybody sees them, site administrators change them.
package struct StackRoutes: Resource {
    private let stacks: StackRegistry
    private let inbox: UploadInbox

    package init(stacks: StackRegistry, inbox: UploadInbox) {
        self.stacks = stacks
        self.inbox = inbox
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/stacks", .anywhere(.stackRead), "List the stacks",
                query: ["limit", "cursor", "query"], list),
            .raw(
                .post, "/api/v1/stacks", .needs(.stackEdit),
                "Add a stack: the body is the archive that npm pack made", query: ["name"], add),
            Route(.get, "/api/v1/stacks/{stack}", .anywhere(.stackRead), "Read a stack", show),
            Route(
                .delete, "/api/v1/stacks/{stack}", .needs(.stackEdit),
                "Remove a stack that no instance and no device uses", remove),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<StackView>> {
        let request = try context.page()
        do throws(StackFault) {
            return Found(PageView(try await stacks.list(request).map(StackView.init)))
        } catch { throw Problem(error) }
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<StackView> {
        let id: Stack.ID = try context.id("stack")
        do throws(StackFault) { return Found(StackView(try await stacks.get(id))) } catch {
            throw Problem(error)
        }
    }

    private func add(_ context: RequestContext) async throws(Problem) -> Response {
        var name: Name<Stack>?
        if let text = context.query("name") {
            name = try valid("name") { () throws(ValidationFault) in try Name(validating: text) }
        }
        let chosen = name
        let file: UploadInbox.File
        do throws(UploadInbox.Fault) {
            file = try await inbox.take(context.request.body)
        } catch { throw Problem(error) }
        defer { file.discard() }
        do throws(StackFault) {
            let stack = try await stacks.add(file.path, name: chosen, by: context.actor)
            return Created(StackView(stack), at: "/api/v1/stacks/\(stack.id)").response
        } catch { throw Problem(error) }
    }

    private func remove(_ context: RequestContext) async throws(Problem) -> Done {
        let id: Stack.ID = try context.id("stack")
        do throws(StackFault) { try await stacks.remove(id, by: context.actor) } catch {
            throw Problem(error)
        }
        return Done()
    }
}

extension Problem {
    init(_ fault: StackFault) {
        switch fault {
        case .store(let error): self.init(error)
        case .notFound: self = .notFound("This stack")
        case .inUse: self = .conflict(fault.description)
        case .full: self.init(StoreError.full)
        default: self = .malformed(fault.description)
        }
    }

    init(_ fault: UploadInbox.Fault) {
        switch fault {
        case .body(let fault): self = fault.problem
        case .file(let error): self = error.isFull ? Problem(StoreError.full) : .storage
        }
    }
}

package struct StackView: APIView {
    let stack: Stack
    package init(_ stack: Stack) { self.stack = stack }

    package static var schema: Schema {
        .object(
            "Stack",
            [
                .field("id", .identifier), .field("name", .text), .field("version", .text),
                .field("nodeRed", .text), .field("node", .optional(.text)),
                .field("abi", .optional(.text)), .field("architecture", .text),
                .field("size", .integer), .field("files", .integer), .field("digest", .text),
                .field("addedAt", .time), .field("addedBy", .text), .field("instances", .integer),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", stack.id)
            json.field("name", stack.name.text)
            json.field("version", stack.version)
            json.field("nodeRed", stack.nodeRED)
            json.field("node", stack.node)
            json.field("abi", stack.abi.map { String($0) })
            json.field("architecture", stack.architecture)
            json.field("size", stack.size.bytes)
            json.field("files", stack.files)
            json.field("digest", stack.digest.hex)
            json.field("addedAt", stack.addedAt)
            json.field("addedBy", stack.addedBy)
            json.field("instances", stack.instances)
        }
    }
}
