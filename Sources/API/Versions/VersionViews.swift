package import Basics
package import Domain

/// A version as the API shows it.
package struct VersionView: APIView {
    let version: Version
    /// The newest run of tests over it.
    let tests: FlowTestRun?

    package init(_ version: Version, tests: FlowTestRun? = nil) {
        self.version = version
        self.tests = tests
    }

    package static var schema: Schema {
        let snapshot = Schema.object(nil, [.field("id", .identifier), .field("name", .text)])
        let tests = Schema.object(
            nil,
            [
                .field("state", .words(FlowTestRun.State.allCases.map(\.rawValue))),
                .field("passed", .integer), .field("failed", .integer),
                .field("runId", .identifier),
            ])
        return .object(
            "Version",
            [
                .field("id", .identifier), .field("instanceId", .identifier),
                .field("number", .integer), .field("at", .time), .field("by", .optional(.text)),
                .field("source", .words(Version.Source.allCases.map(\.rawValue))),
                .field("summary", .text), .field("size", .integer), .field("flowsDigest", .text),
                .field("hasCredentials", .boolean), .field("hasFiles", .boolean),
                .field("pinned", .boolean), .field("modules", .list(NodeModuleView.schema)),
                .field("environment", .list(.text)), .field("stackId", .optional(.identifier)),
                .field("snapshot", .optional(snapshot)), .field("tests", .optional(tests)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", version.id)
            json.field("instanceId", version.instanceID)
            json.field("number", version.number)
            json.field("at", version.at)
            json.field("by", version.by)
            json.field("source", version.source.rawValue)
            json.field("summary", version.summary)
            json.field("size", version.size.bytes)
            json.field("flowsDigest", version.flows.hex)
            json.field("hasCredentials", version.credentials != nil)
            json.field("hasFiles", version.files != nil)
            json.field("pinned", version.isPinned)
            json.field("modules", version.modules.map(NodeModuleView.init))
            json.field("environment", version.environmentKeys)
            json.field("stackId", version.stackID)
            json.key("snapshot")
            if let snapshot = version.snapshot {
                json.object { json in
                    json.field("id", snapshot.id)
                    json.field("name", snapshot.name)
                }
            } else {
                json.null()
            }
            json.key("tests")
            if let tests {
                json.object { json in
                    json.field("state", tests.state.rawValue)
                    json.field("passed", tests.passed)
                    json.field("failed", tests.failed)
                    json.field("runId", tests.id)
                }
            } else {
                json.null()
            }
        }
    }
}

package struct NodeModuleView: APIView {
    let module: NodeModule
    package init(_ module: NodeModule) { self.module = module }

    package static var schema: Schema {
        .object("NodeModule", [.field("name", .text), .field("version", .text)])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", module.name)
            json.field("version", module.version)
        }
    }
}

/// A snapshot as the API shows it.
package struct SnapshotView: APIView {
    let snapshot: Snapshot
    package init(_ snapshot: Snapshot) { self.snapshot = snapshot }

    package static var schema: Schema {
        .object(
            "Snapshot",
            [
                .field("id", .identifier), .field("applicationId", .identifier),
                .field("instanceId", .optional(.identifier)),
                .field("versionId", .optional(.identifier)), .field("name", .text),
                .field("note", .text), .field("author", .text), .field("createdAt", .time),
                .field("size", .integer), .field("flowsDigest", .text),
                .field("hasCredentials", .boolean), .field("hasFiles", .boolean),
                .field("pinned", .boolean), .field("modules", .list(NodeModuleView.schema)),
                .field("environment", .list(.text)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", snapshot.id)
            json.field("applicationId", snapshot.applicationID)
            json.field("instanceId", snapshot.instanceID)
            json.field("versionId", snapshot.versionID)
            json.field("name", snapshot.name.text)
            json.field("note", snapshot.note.text)
            json.field("author", snapshot.author)
            json.field("createdAt", snapshot.createdAt)
            json.field("size", snapshot.size.bytes)
            json.field("flowsDigest", snapshot.flows.hex)
            json.field("hasCredentials", snapshot.credentials != nil)
            json.field("hasFiles", snapshot.files != nil)
            json.field("pinned", snapshot.isPinned)
            json.field("modules", snapshot.modules.map(NodeModuleView.init))
            json.field("environment", snapshot.environmentKeys)
        }
    }
}
