package import Basics
import Domain
package import Store

package struct DeviceGroupView: APIView {
    let listed: DeviceGroupStore.Listed
    package init(_ listed: DeviceGroupStore.Listed) { self.listed = listed }

    package static var schema: Schema {
        .object(
            "DeviceGroup",
            [
                .field("id", .identifier), .field("teamId", .identifier),
                .field("applicationId", .identifier), .field("name", .text),
                .field("note", .text),
                .field(
                    "filter",
                    .optional(
                        .object(
                            "DeviceFilter",
                            [
                                .field("tags", .list(.text)), .field("type", .optional(.text)),
                                .field("namePattern", .optional(.text)),
                            ]))),
                .field("target", .optional(.named)), .field("window", .optional(.named)),
                .field("deviceCount", .integer), .field("currentCount", .integer),
                .field("createdAt", .time),
            ])
    }

    package func write(to json: inout JSONWriter) {
        let group = listed.group
        json.object { json in
            json.field("id", group.id)
            json.field("teamId", group.teamID)
            json.field("applicationId", group.applicationID)
            json.field("name", group.name.text)
            json.field("note", group.note.text)
            json.key("filter")
            if let filter = group.filter {
                json.object { json in
                    json.field("tags", filter.tags.map(\.text))
                    json.field("type", filter.type)
                    json.field("namePattern", filter.namePattern)
                }
            } else {
                json.null()
            }
            json.named("target", group.targetSnapshotID?.text, listed.targetName)
            json.named("window", group.windowID?.text, listed.windowName)
            json.field("deviceCount", group.deviceCount)
            json.field("currentCount", listed.currentCount)
            json.field("createdAt", group.createdAt)
        }
    }
}

extension Schema {
    /// An object that is shown by its name.
    static let named = Schema.object(nil, [.field("id", .identifier), .field("name", .text)])
}

extension JSONWriter {
    mutating func named(_ key: String, _ id: String?, _ name: String?) {
        self.key(key)
        guard let id else { return null() }
        object { json in
            json.field("id", id)
            json.field("name", name ?? "")
        }
    }
}

struct MakeDeviceGroup: APIBody {
    let application: Application.ID
    let draft: DeviceGroupFields

    static var schema: Schema {
        .object(
            "MakeDeviceGroup",
            [.field("applicationId", .identifier), .field("name", .text)]
                + DeviceGroupFields.schema)
    }

    init(json: JSONObject) throws(JSONFieldError) {
        application = try json.id("applicationId")
        draft = try DeviceGroupFields(json)
        guard draft.name != nil else { throw JSONFieldError(field: "name", reason: "is missing") }
    }
}

struct ChangeDeviceGroup: APIBody {
    let fields: DeviceGroupFields

    static var schema: Schema {
        .object(
            "ChangeDeviceGroup",
            [.field("name", .text, optional: true)] + DeviceGroupFields.schema)
    }

    init(json: JSONObject) throws(JSONFieldError) { fields = try DeviceGroupFields(json) }
}

/// `.some(nil)`: taken away.
struct DeviceGroupFields: Sendable {
    var name: Name<DeviceGroup>?
    var note: Note?
    var filter: DeviceFilter??
    var target: Snapshot.ID??
    var window: MaintenanceWindow.ID??

    static var schema: [Schema.Field] {
        [
            .field("note", .text, optional: true),
            .field(
                "filter",
                .optional(
                    .object(
                        nil,
                        [
                            .field("tags", .list(.text), optional: true),
                            .field("type", .optional(.text), optional: true),
                            .field("namePattern", .optional(.text), optional: true),
                        ])), optional: true),
            .field("targetSnapshotId", .optional(.identifier), optional: true),
            .field("windowId", .optional(.identifier), optional: true),
        ]
    }

    init(_ json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalValidated("name", Name<DeviceGroup>.init(validating:))
        note = try json.optionalValidated("note", Note.init(validating:))
        if json.isNull("filter") {
            filter = .some(nil)
        } else if let object = try json.optionalObject("filter") {
            filter = try Self.filter(object)
        }
        if json.isNull("targetSnapshotId") {
            target = .some(nil)
        } else if let id: Snapshot.ID = try json.optionalID("targetSnapshotId") {
            target = id
        }
        if json.isNull("windowId") {
            window = .some(nil)
        } else if let id: MaintenanceWindow.ID = try json.optionalID("windowId") {
            window = id
        }
    }

    private static func filter(_ json: JSONObject) throws(JSONFieldError) -> DeviceFilter {
        var filter = DeviceFilter()
        for value in try json.optionalArray("tags") ?? [] {
            do throws(ValidationFault) {
                filter.tags.append(try DeviceTag(validating: value.string ?? ""))
            } catch { throw JSONFieldError(field: "filter.tags", reason: error.reason) }
        }
        func text(_ name: String) throws(JSONFieldError) -> String? {
            guard let text = try json.optionalString(name), !text.isEmpty else { return nil }
            guard text.utf8.count <= 80 else {
                throw JSONFieldError(field: "filter.\(name)", reason: "must be at most 80 bytes")
            }
            return text
        }
        filter.type = try text("type")
        filter.namePattern = try text("namePattern")
        guard !filter.isEmpty, filter.tags.count <= DeviceTag.maximumCount else {
            throw JSONFieldError(field: "filter", reason: "must name tags, a type or a name")
        }
        return filter
    }

    func apply(to draft: inout DeviceGroupStore.Draft) {
        if let name { draft.name = name }
        if let note { draft.note = note }
        if let filter { draft.filter = filter }
        if let target { draft.target = target }
        if let window { draft.window = window }
    }
}

struct PickDevices: APIBody {
    let devices: [Device.ID]

    static var schema: Schema {
        .object("PickDevices", [.field("deviceIds", .list(.identifier))])
    }

    init(json: JSONObject) throws(JSONFieldError) { devices = try json.ids("deviceIds") ?? [] }
}

extension JSONObject {
    /// A list of ids, each once; `nil` where it is not there.
    func ids<Entity>(_ name: String) throws(JSONFieldError) -> [Identifier<Entity>]? {
        guard let list = try optionalArray(name) else { return nil }
        var ids: [Identifier<Entity>] = []
        var seen: Set<Identifier<Entity>> = []
        for value in list {
            guard let id = value.string.flatMap(Identifier<Entity>.init) else {
                throw JSONFieldError(field: name, reason: "must be a list of ids")
            }
            if seen.insert(id).inserted { ids.append(id) }
        }
        return ids
    }
}
