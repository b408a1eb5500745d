package import Basics
package import Domain
import HTTP
package import Site
package import Store

/// The files that belong to a version.
package struct VersionFileRoutes: Resource {
    private let files: FileVersions
    private let versions: VersionStore

    package init(files: FileVersions, versions: VersionStore) {
        self.files = files
        self.versions = versions
    }

    package var routes: [Route] {
        let files = "/api/v1/instances/{instance}/versions/{version}/files"
        return [
            Route(
                .get, files, .needs(.filesRead), "List the files that belong to a version", list),
            .raw(
                .get, "\(files)/content", .needs(.filesRead), "Download one of them",
                query: ["path"], download),
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<VersionFileView>> {
        Found(PageView(all: try await entries(context).map(VersionFileView.init)))
    }

    private func entries(_ context: RequestContext) async throws(Problem) -> [FileList.Entry] {
        let (id, instance): (Version.ID, Instance.ID) = (
            try context.id("version"), try context.id("instance")
        )
        let version = try await stored { () async throws(StoreError) in
            try await versions.get(id, of: instance)
        }
        guard let address = version.files else { return [] }
        do throws(VaultFault) { return try await files.list(address).entries } catch {
            throw Problem(await files.named(error, of: address))
        }
    }

    /// Always as a download and as bytes, as from the area itself.
    private func download(_ context: RequestContext) async throws(Problem) -> Response {
        let text = context.query("path") ?? ""
        let path = try valid("path") { () throws(ValidationFault) in
            try FilePath(validating: text)
        }
        guard let entry = try await entries(context).first(where: { $0.path == path }),
            let digest = entry.digest
        else { throw .notFound("This file of the version") }
        let reader: VaultReader
        do throws(VaultFault) { reader = try await files.reader(of: digest) } catch {
            throw Problem(await files.named(error, of: digest))
        }
        let headers: Headers = [
            Header.contentType: "application/octet-stream",
            Header.contentDisposition: FileAnswer.attachment(path.name ?? ""),
            Header.xContentTypeOptions: "nosniff",
        ]
        return .stream(status: 200, headers: headers, length: entry.size) { writer in
            // An error in the middle cuts the answer short of its length: the client sees it.
            while let bytes = try await reader.next() { try await writer.write(bytes) }
        }
    }
}

package struct VersionFileView: APIView {
    let entry: FileList.Entry
    package init(_ entry: FileList.Entry) { self.entry = entry }

    package static var schema: Schema {
        .object(
            "VersionFile",
            [
                .field("path", .text), .field("size", .integer), .field("kept", .boolean),
                .field("modifiedAt", .time), .field("reason", .optional(.text)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("path", entry.path.text)
            json.field("size", entry.size)
            json.field("kept", entry.digest != nil)
            json.field("modifiedAt", entry.modifiedAt)
            json.field("reason", entry.reason)
        }
    }
}
