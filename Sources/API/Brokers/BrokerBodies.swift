package import Basics
import Domain

/// A rule as it was written, before the team is known to which it must keep.
struct WrittenRule: Sendable {
    let access: AccessRule.Access
    let filter: String

    static func list(_ json: JSONObject) throws(JSONFieldError) -> [WrittenRule]? {
        guard let value = json["rules"], !value.isNull else { return nil }
        let wrong = JSONFieldError(
            field: "rules", reason: "must be a list of objects with “access” and “filter”")
        guard let items = value.array else { throw wrong }
        guard items.count <= AccessRule.countLimit else {
            throw JSONFieldError(
                field: "rules", reason: "must be \(AccessRule.countLimit) at most")
        }
        var rules: [WrittenRule] = []
        for item in items {
            guard let object = item.object,
                let access = object["access"]?.string.flatMap(AccessRule.Access.init(rawValue:)),
                let filter = object["filter"]?.string
            else { throw wrong }
            rules.append(WrittenRule(access: access, filter: filter))
        }
        return rules
    }
}

extension JSONObject {
    /// At most 200 characters; `nil` where there is none.
    func brokerNote() throws(JSONFieldError) -> String? {
        guard let text = try optionalString("note") else { return nil }
        guard text.count <= 200 else {
            throw JSONFieldError(field: "note", reason: "must be 200 characters at most")
        }
        return text
    }
}

package struct NewBrokerClient: APIBody {
    let team: String
    let name: BrokerClientName
    let note: String
    let rules: [WrittenRule]
    let isEnabled: Bool

    package static var schema: Schema {
        .object(
            "NewBrokerClient",
            [
                .field("teamId", .identifier), .field("name", .text),
                .field("note", .text, optional: true),
                .field("rules", .list(AccessRuleView.schema), optional: true),
                .field("enabled", .boolean, optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        team = try json.string("teamId")
        let text = try json.string("name")
        do throws(ValidationFault) { name = try BrokerClientName(text) } catch {
            throw JSONFieldError(field: "name", reason: error.reason)
        }
        note = try json.brokerNote() ?? ""
        rules = try WrittenRule.list(json) ?? []
        isEnabled = try json.optionalBool("enabled") ?? true
    }
}

package struct BrokerClientChange: APIBody {
    let note: String?
    let rules: [WrittenRule]?
    let isEnabled: Bool?

    package static var schema: Schema {
        .object(
            "BrokerClientChange",
            [
                .field("name", .text, optional: true), .field("note", .text, optional: true),
                .field("rules", .list(AccessRuleView.schema), optional: true),
                .field("enabled", .boolean, optional: true),
            ])
    }

    /// A name may be named; it stays what it is.
    package init(json: JSONObject) throws(JSONFieldError) {
        note = try json.brokerNote()
        rules = try WrittenRule.list(json)
        isEnabled = try json.optionalBool("enabled")
    }
}
