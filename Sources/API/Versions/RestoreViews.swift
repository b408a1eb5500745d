package import Basics
import Domain
import HTTP
import Site
import Store

package struct RestoreFlows: APIBody {
    enum Source {
        case version(Version.ID)
        case snapshot(Snapshot.ID)
    }

    let source: Source
    /// Only lists what would be missing.
    let isDryRun: Bool
    let acceptsMissing: Bool
    /// Without them every node has to be given its own again.
    let withCredentials: Bool
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
                .field("credentials", .boolean, optional: true),
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
        withCredentials = try json.optionalBool("credentials") ?? true
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
