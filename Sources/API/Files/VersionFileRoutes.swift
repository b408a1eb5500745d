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
        [
            Route(
                .get, "/api/v1/instances/{instance}/versions/{version}/files", .needs(.filesRead),
                "List the files that belong to a version", list)
        ]
    }

    private func list(
        _ context: RequestContext
    ) async throws(Problem) -> Found<PageView<VersionFileView>> {
        let (id, instance): (Version.ID, Instance.ID) = (
            try context.id("version"), try context.id("instance")
        )
        let version = try await stored { () async throws(StoreError) in
            try await versions.get(id, of: instance)
        }
        guard let address = version.files else { return Found(PageView(all: [])) }
        do throws(VaultFault) {
            return Found(
                PageView(all: try await files.list(address).entries.map(VersionFileView.init)))
        } catch { throw Problem(VersionFault.vault(error)) }
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
