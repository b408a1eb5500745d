package import Basics
import Domain
import Site
import Store

package struct RetentionView: APIView {
    let rule: RetentionRule
    let auditDays: Int

    package static var schema: Schema {
        .object(
            "Retention",
            [
                .field("keepVersions", .integer), .field("keepDays", .integer),
                .field("keepAuditDays", .integer),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("keepVersions", rule.keepVersions)
            json.field("keepDays", rule.keepDays)
            json.field("keepAuditDays", auditDays)
        }
    }
}

struct ChangeRetention: APIBody {
    let keepVersions: Int?
    let keepDays: Int?
    let keepAuditDays: Int?

    static var schema: Schema {
        .object(
            "ChangeRetention",
            [
                .field("keepVersions", .integer, optional: true),
                .field("keepDays", .integer, optional: true),
                .field("keepAuditDays", .integer, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        keepVersions = try Self.number("keepVersions", in: InstanceSettings.keptVersions, json)
        keepDays = try Self.number("keepDays", in: InstanceSettings.keptDays, json)
        keepAuditDays = try Self.number("keepAuditDays", in: AuditStore.keptDaysLimits, json)
    }

    private static func number(
        _ name: String, in range: ClosedRange<Int>, _ json: JSONObject
    ) throws(JSONFieldError) -> Int? {
        guard let number = try json.optionalInt(name).map({ Int(clamping: $0) }) else { return nil }
        guard range.contains(number) else {
            throw JSONFieldError(
                field: name, reason: "must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// What the vault holds and what of it is damaged.
package struct VaultView: APIView {
    let report: VaultReport

    package static var schema: Schema {
        let damage = Schema.object(
            nil, [.field("digest", .text), .field("affects", .list(.text))])
        return .object(
            "Vault",
            [
                .field("files", .integer), .field("chunks", .integer),
                .field("contentSize", .integer), .field("storedSize", .integer),
                .field("lastScrub", .optional(.time)), .field("damaged", .list(damage)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            // Contents, and the files on the disk that they are made of.
            json.field("files", report.contents)
            json.field("chunks", report.figures.files)
            json.field("contentSize", report.contentSize.bytes)
            json.field("storedSize", report.figures.blocks.bytes)
            json.field("lastScrub", report.lastScrub)
            json.array("damaged") { json in
                for damage in report.damaged {
                    json.object { json in
                        json.field("digest", damage.digest.hex)
                        json.field("affects", damage.affects)
                    }
                }
            }
        }
    }
}
