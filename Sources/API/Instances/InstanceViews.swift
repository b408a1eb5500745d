package import Basics
import Domain
import Site

/// An instance as the API shows it: how it is wanted, how it is, and what the caller may do there.
package struct InstanceView: APIView {
    package struct StackSummary: APIView {
        let id: Stack.ID
        let name: String
        let version: String

        package static var schema: Schema {
            .object(
                nil,
                [.field("id", .identifier), .field("name", .text), .field("version", .text)])
        }

        package func write(to json: inout JSONWriter) {
            json.object { json in
                json.field("id", id)
                json.field("name", name)
                json.field("version", version)
            }
        }
    }

    let instance: Instance
    let status: InstanceStatus
    let stack: StackSummary?
    let timeZone: String
    let url: String
    let editorURL: String
    /// Where its files are served, if they are.
    let filesURL: String
    /// Bytes; `nil` before they were counted.
    let filesUsed: Int64?
    let permissions: [Permission]

    package static var schema: Schema {
        .object(
            "Instance",
            [
                .field("id", .identifier), .field("applicationId", .identifier),
                .field("teamId", .identifier), .field("name", .text), .field("slug", .text),
                .field("state", .words(InstanceState.allCases.map(\.rawValue))),
                .field("stateDetail", .optional(.text)),
                .field("desiredState", .words(DesiredState.allCases.map(\.rawValue))),
                .field("stack", .optional(StackSummary.schema)), .field("practice", .boolean),
                .field("url", .text), .field("editorUrl", .text),
                .field("access", .words(PageAccess.allCases.map(\.rawValue))),
                .field("memoryLimitMB", .integer), .field("cpuLimitPercent", .optional(.integer)),
                .field("timeZone", .text), .field("paletteInstall", .boolean),
                .field("paletteUpload", .boolean), .field("keepVersions", .optional(.integer)),
                .field("keepDays", .optional(.integer)), .field("filesQuotaMB", .integer),
                .field("filesInVersions", .boolean), .field("filesServed", .boolean),
                .field("filesUrl", .text), .field("filesUsed", .optional(.integer)),
                .field("safeMode", .boolean),
                .field("pid", .optional(.integer)), .field("startedAt", .optional(.time)),
                .field("restarts", .integer), .field("lastDeployAt", .optional(.time)),
                .field("flowsRevision", .optional(.text)),
                .field("resources", .optional(ResourceSummary.schema)),
                .field("createdAt", .time),
                .field("permissions", .list(.words(Permission.allCases.map(\.rawValue)))),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", instance.id)
            json.field("applicationId", instance.applicationID)
            json.field("teamId", instance.teamID)
            json.field("name", instance.name.text)
            json.field("slug", instance.slug.text)
            json.field("state", status.state.rawValue)
            json.field("stateDetail", status.detail)
            json.field("desiredState", instance.desiredState.rawValue)
            json.field("stack", stack)
            json.field("practice", instance.isPractice)
            json.field("url", url)
            json.field("editorUrl", editorURL)
            json.field("access", instance.settings.access.rawValue)
            json.field("memoryLimitMB", instance.settings.memoryLimitMB)
            json.field("cpuLimitPercent", instance.settings.cpuLimitPercent)
            json.field("timeZone", timeZone)
            json.field("paletteInstall", instance.settings.paletteInstall)
            json.field("paletteUpload", instance.settings.paletteUpload)
            json.field("keepVersions", instance.settings.keepVersions)
            json.field("keepDays", instance.settings.keepDays)
            json.field("filesQuotaMB", instance.settings.filesQuotaMB)
            json.field("filesInVersions", instance.settings.filesInVersions)
            json.field("filesServed", instance.settings.filesServed)
            json.field("filesUrl", filesURL)
            json.field("filesUsed", filesUsed)
            json.field("safeMode", status.isSafe)
            json.field("pid", status.pid)
            json.field("startedAt", status.startedAt)
            json.field("restarts", status.restarts)
            json.field("lastDeployAt", instance.lastDeployAt)
            json.field("flowsRevision", instance.flowsRevision?.hex)
            json.field("resources", status.usage.map(ResourceSummary.init))
            json.field("createdAt", instance.createdAt)
            json.field("permissions", permissions.map(\.rawValue))
        }
    }
}

/// What an instance uses now.
struct ResourceSummary: APIView {
    let sample: ResourceSample
    init(_ sample: ResourceSample) { self.sample = sample }

    static var schema: Schema {
        .object(
            nil,
            [
                .field("rss", .integer), .field("cpuPercent", .number),
                .field("lagMs", .optional(.number)),
            ])
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("rss", sample.rss)
            json.field("cpuPercent", sample.cpuPercent)
            json.field("lagMs", sample.lagMilliseconds)
        }
    }
}
