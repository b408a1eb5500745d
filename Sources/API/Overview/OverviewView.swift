package import Basics
import Domain
import Site

package struct OverviewView: APIView {
    let site: String
    let states: [InstanceState: Int]
    let warnings: Int
    let alarms: Int
    let devices: DeviceTally
    /// Those that are not over.
    let deployments: [Deployment.State: Int]
    let facts: SiteCondition

    package static var schema: Schema {
        let counts = Schema.object(nil, [.field("warning", .integer), .field("alarm", .integer)])
        let disk = Schema.object(nil, [.field("total", .integer), .field("free", .integer)])
        let notice = Schema.object(nil, [.field("kind", .text), .field("text", .text)])
        return .object(
            "Overview",
            [
                .field("site", .text), .field("version", .text),
                .field("uptimeSeconds", .integer), .field("alarms", counts),
                .field("instances", .map(.integer)),
                .field(
                    "devices",
                    .object(
                        nil,
                        [.field("total", .integer)]
                            + Self.conditions.map { .field($0.rawValue, .integer) })),
                .field("deployments", .map(.integer)), .field("disk", disk),
                .field("database", .object(nil, [.field("size", .integer)])),
                .field("certificate", .object(nil, [.field("expiresAt", .optional(.time))])),
                .field("backup", .object(nil, [.field("lastAt", .optional(.time))])),
                .field("directBackend", .boolean), .field("notices", .list(notice)),
            ])
    }

    private static let conditions: [DeviceCondition.Word] = [
        .online, .offline, .faulty, .updating, .developer, .expiring,
    ]

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("site", site)
            json.field("version", facts.version)
            json.field("uptimeSeconds", facts.uptimeSeconds)
            json.object("alarms") { json in
                json.field("warning", warnings)
                json.field("alarm", alarms)
            }
            json.object("instances") { json in
                for state in InstanceState.allCases {
                    if let count = states[state] { json.field(state.rawValue, count) }
                }
            }
            json.object("devices") { json in
                json.field("total", devices.total)
                for word in Self.conditions { json.field(word.rawValue, devices[word]) }
            }
            json.object("deployments") { json in
                for state in Deployment.State.allCases {
                    if let count = deployments[state] { json.field(state.rawValue, count) }
                }
            }
            json.object("disk") { json in
                json.field("total", facts.diskTotal.bytes)
                json.field("free", facts.diskFree.bytes)
            }
            json.object("database") { $0.field("size", facts.databaseSize.bytes) }
            json.object("certificate") { $0.field("expiresAt", facts.certificateExpiresAt) }
            json.object("backup") { $0.field("lastAt", facts.lastBackupAt) }
            json.field("directBackend", facts.isDirectBackend)
            json.array("notices") { json in
                for notice in facts.notices {
                    json.object { json in
                        json.field("kind", notice.kind)
                        json.field("text", notice.text)
                    }
                }
            }
        }
    }
}
