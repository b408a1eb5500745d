package import Basics
import Domain
import Store

/// What an instance is given where nobody says otherwise.
package struct NewInstanceDefaults: Sendable {
    package var memoryLimitMB: Int
    /// Whether the practice runtime may stand in where no stack is named.
    package var allowsPractice: Bool

    package init(memoryLimitMB: Int, allowsPractice: Bool) {
        self.memoryLimitMB = memoryLimitMB
        self.allowsPractice = allowsPractice
    }
}

package struct NewInstance: APIBody {
    let name: InstanceName
    let slug: Slug?
    /// Left out: the newest that there is. `.some(nil)`: the practice runtime.
    let stack: Stack.ID??
    let recipe: String?
    /// Values of the recipe's parameters.
    let parameters: JSONObject
    let flows: JSONValue?
    /// Whose flows, credentials and variables it begins with.
    let snapshot: Snapshot.ID?
    let starts: Bool
    let memoryLimitMB: Int?
    let timeZone: TimeZoneName?

    package static var schema: Schema {
        .object(
            "NewInstance",
            [
                .field("name", .text), .field("slug", .text, optional: true),
                .field("stack", .optional(.identifier), optional: true),
                .field("recipe", .optional(.text), optional: true),
                .field("parameters", .map(.anything), optional: true),
                .field("flows", .list(.anything), optional: true),
                .field("snapshot", .optional(.identifier), optional: true),
                .field("start", .boolean, optional: true),
                .field("memoryLimitMB", .integer, optional: true),
                .field("timeZone", .optional(.text), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        name = try json.name("name")
        slug = try json.slug("slug")
        stack = json.isNull("stack") ? .some(nil) : try json.optionalID("stack").map { $0 }
        recipe = try json.optionalString("recipe")
        parameters = try json.optionalObject("parameters") ?? JSONObject()
        flows = try json.optionalArray("flows").map(JSONValue.array)
        snapshot = try json.optionalID("snapshot")
        guard [recipe != nil, flows != nil, snapshot != nil].count(where: { $0 }) <= 1 else {
            throw JSONFieldError(
                field: "flows", reason: "come from a recipe, a snapshot or the request, one of them"
            )
        }
        starts = try json.optionalBool("start") ?? true
        memoryLimitMB = try json.optionalInt("memoryLimitMB").map { Int(clamping: $0) }
        timeZone = try json.timeZone("timeZone")
    }
}

/// Fields that are not there stay as they are.
package struct ChangeInstance: APIBody {
    let name: InstanceName?
    let slug: Slug?
    /// `.some(nil)`: the practice runtime.
    let stack: Stack.ID??
    let access: PageAccess?
    let pageBasic: (name: String, password: String)?
    let memoryLimitMB: Int?
    let cpuLimitPercent: Int??
    let timeZone: TimeZoneName??
    let paletteInstall: Bool?
    let paletteUpload: Bool?
    /// `.some(nil)`: as the site says.
    let keepVersions: Int??
    let keepDays: Int??
    let filesQuotaMB: Int?
    let filesInVersions: Bool?
    let filesServed: Bool?

    package static var schema: Schema {
        let basic = Schema.object(nil, [.field("name", .text), .field("password", .text)])
        return .object(
            "ChangeInstance",
            [
                .field("name", .text, optional: true), .field("slug", .text, optional: true),
                .field("stack", .optional(.identifier), optional: true),
                .field(
                    "access", .words(PageAccess.allCases.map(\.rawValue)), optional: true),
                .field("pageBasic", basic, optional: true),
                .field("memoryLimitMB", .integer, optional: true),
                .field("cpuLimitPercent", .optional(.integer), optional: true),
                .field("timeZone", .optional(.text), optional: true),
                .field("paletteInstall", .boolean, optional: true),
                .field("paletteUpload", .boolean, optional: true),
                .field("keepVersions", .optional(.integer), optional: true),
                .field("keepDays", .optional(.integer), optional: true),
                .field("filesQuotaMB", .integer, optional: true),
                .field("filesInVersions", .boolean, optional: true),
                .field("filesServed", .boolean, optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalName("name")
        slug = try json.slug("slug")
        stack = json.isNull("stack") ? .some(nil) : try json.optionalID("stack").map { $0 }
        if let text = try json.optionalString("access") {
            guard let access = PageAccess(rawValue: text) else {
                throw JSONFieldError(
                    field: "access", reason: "must be login, token, basic or open")
            }
            self.access = access
        } else {
            access = nil
        }
        if let basic = try json.optionalObject("pageBasic") {
            pageBasic = (try basic.string("name"), try basic.string("password"))
        } else {
            pageBasic = nil
        }
        memoryLimitMB = try json.optionalInt("memoryLimitMB").map { Int(clamping: $0) }
        cpuLimitPercent =
            json.isNull("cpuLimitPercent")
            ? .some(nil) : try json.optionalInt("cpuLimitPercent").map { Int(clamping: $0) }
        timeZone = json.isNull("timeZone") ? .some(nil) : try json.timeZone("timeZone").map { $0 }
        paletteInstall = try json.optionalBool("paletteInstall")
        paletteUpload = try json.optionalBool("paletteUpload")
        keepVersions =
            json.isNull("keepVersions")
            ? .some(nil) : try json.optionalInt("keepVersions").map { Int(clamping: $0) }
        keepDays =
            json.isNull("keepDays")
            ? .some(nil) : try json.optionalInt("keepDays").map { Int(clamping: $0) }
        filesQuotaMB = try json.optionalInt("filesQuotaMB").map { Int(clamping: $0) }
        filesInVersions = try json.optionalBool("filesInVersions")
        filesServed = try json.optionalBool("filesServed")
    }
}

/// Deleting asks for the name, typed.
package struct DeleteInstance: APIBody {
    let name: String

    package static var schema: Schema { .object("DeleteInstance", [.field("name", .text)]) }

    package init(json: JSONObject) throws(JSONFieldError) { name = try json.string("name") }
}

package struct InstanceAction: APIBody {
    enum Action: String, CaseIterable { case start, stop, restart, kill }
    let action: Action

    package static var schema: Schema {
        .object(
            "InstanceAction", [.field("action", .words(Action.allCases.map(\.rawValue)))])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        guard let action = Action(rawValue: try json.string("action")) else {
            throw JSONFieldError(field: "action", reason: "must be start, stop, restart or kill")
        }
        self.action = action
    }
}

extension JSONObject {
    func slug(_ field: String) throws(JSONFieldError) -> Slug? {
        guard let text = try optionalString(field) else { return nil }
        do throws(ValidationFault) { return try Slug(validating: text) } catch {
            throw JSONFieldError(field: field, reason: error.reason)
        }
    }

    func timeZone(_ field: String) throws(JSONFieldError) -> TimeZoneName? {
        guard let text = try optionalString(field) else { return nil }
        do throws(ValidationFault) { return try TimeZoneName(validating: text) } catch {
            throw JSONFieldError(field: field, reason: error.reason)
        }
    }
}
