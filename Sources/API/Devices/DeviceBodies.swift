package import Basics
import Domain
import Store

package struct NewDevice: APIBody {
    let name: DeviceName
    let type: String
    let tags: [DeviceTag]
    let team: Team.ID?
    let application: Application.ID?
    let group: DeviceGroup.ID?
    /// Of an agent that waits for a person to register it.
    let registrationSession: String?

    package static var schema: Schema {
        .object(
            "NewDevice",
            [
                .field("name", .text), .field("type", .text, optional: true),
                .field("tags", .list(.text), optional: true),
                .field("teamId", .optional(.identifier), optional: true),
                .field("applicationId", .optional(.identifier), optional: true),
                .field("groupId", .optional(.identifier), optional: true),
                .field("registrationSession", .text, optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        name = try json.name("name")
        type = try json.deviceType("type") ?? ""
        tags = try json.deviceTags("tags") ?? []
        team = try json.optionalID("teamId")
        application = try json.optionalID("applicationId")
        group = try json.optionalID("groupId")
        registrationSession = try json.optionalString("registrationSession")
    }
}

/// Fields that are not there stay as they are.
package struct ChangeDevice: APIBody {
    let name: DeviceName?
    let type: String?
    let tags: [DeviceTag]?
    /// `.some(nil)`: of no application.
    let application: Application.ID??
    let group: DeviceGroup.ID??
    /// `.some(nil)`: that of its group.
    let target: Snapshot.ID??

    package static var schema: Schema {
        .object(
            "ChangeDevice",
            [
                .field("name", .text, optional: true), .field("type", .text, optional: true),
                .field("tags", .list(.text), optional: true),
                .field("applicationId", .optional(.identifier), optional: true),
                .field("groupId", .optional(.identifier), optional: true),
                .field("targetSnapshotId", .optional(.identifier), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalName("name")
        type = try json.deviceType("type")
        tags = try json.deviceTags("tags")
        application = try json.changedID("applicationId")
        group = try json.changedID("groupId")
        target = try json.changedID("targetSnapshotId")
    }
}

package struct ChangeDeviceSettings: APIBody {
    struct Login: Sendable {
        let name: String
        /// `nil`: the one that there is.
        let password: String?
    }

    let heapMB: Int?
    let port: Int?
    let paletteInstall: Bool?
    let localLogin: Login??
    let httpAuth: Login??
    let timeZone: TimeZoneName??
    let logLevel: InstanceSettings.LogLevel?
    let nodeREDVersion: String??
    let probationSeconds: Int?
    let stack: Stack.ID??

    package static var schema: Schema {
        let login = Schema.optional(
            .object(
                nil,
                [.field("name", .text), .field("password", .optional(.text), optional: true)]))
        return .object(
            "ChangeDeviceSettings",
            [
                .field("heapMB", .integer, optional: true),
                .field("port", .integer, optional: true),
                .field("paletteInstall", .boolean, optional: true),
                .field("localLogin", login, optional: true),
                .field("httpAuth", login, optional: true),
                .field("timeZone", .optional(.text), optional: true),
                .field(
                    "logLevel", .words(InstanceSettings.LogLevel.allCases.map(\.rawValue)),
                    optional: true),
                .field("nodeREDVersion", .optional(.text), optional: true),
                .field("probationSeconds", .integer, optional: true),
                .field("stackId", .optional(.identifier), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        heapMB = try json.int("heapMB", in: DeviceSettings.heapLimits)
        port = try json.int("port", in: DeviceSettings.ports)
        paletteInstall = try json.optionalBool("paletteInstall")
        localLogin = try Self.login("localLogin", json)
        httpAuth = try Self.login("httpAuth", json)
        timeZone = json.isNull("timeZone") ? .some(nil) : try json.timeZone("timeZone").map { $0 }
        logLevel = try json.optionalWord("logLevel", InstanceSettings.LogLevel.self)
        nodeREDVersion =
            json.isNull("nodeREDVersion") ? .some(nil) : try Self.version(json).map { $0 }
        // 24 h: what is watched longer is never let go.
        probationSeconds = try json.int("probationSeconds", in: 0...86_400)
        stack = try json.changedID("stackId")
    }

    private static func version(_ json: JSONObject) throws(JSONFieldError) -> String? {
        guard let text = try json.optionalString("nodeREDVersion") else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, text.utf8.count <= 40,
            parts.prefix(2).allSatisfy({ Int($0) != nil }),
            parts[2].utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }), parts[2].utf8.first.map({ (0x30...0x39).contains($0) }) == true
        else { throw JSONFieldError(field: "nodeREDVersion", reason: "must look like 4.1.3") }
        return text
    }

    private static func login(
        _ field: String, _ json: JSONObject
    ) throws(JSONFieldError) -> Login?? {
        if json.isNull(field) { return .some(nil) }
        guard let object = try json.optionalObject(field) else { return nil }
        let name = try object.string("name")
        guard !name.isEmpty, !name.contains(":"), name.utf8.count <= 64 else {
            throw JSONFieldError(
                field: field, reason: "needs a name without a colon, at most 64 bytes")
        }
        let password = try object.optionalString("password")
        // 72: bcrypt looks at no more.
        guard password.map({ (8...72).contains($0.utf8.count) && !$0.utf8.contains(0) }) ?? true
        else { throw JSONFieldError(field: field, reason: "needs a password of 8 to 72 bytes") }
        return Login(name: name, password: password)
    }
}

extension JSONObject {
    func deviceType(_ field: String) throws(JSONFieldError) -> String? {
        guard let text = try optionalString(field) else { return nil }
        guard text.utf8.count <= DeviceImportRow.longestType,
            !text.utf8.contains(where: { $0 < 0x20 })
        else { throw JSONFieldError(field: field, reason: "must be at most 80 bytes on one line") }
        return text
    }

    func deviceTags(_ field: String) throws(JSONFieldError) -> [DeviceTag]? {
        guard let list = try optionalArray(field) else { return nil }
        var tags: [DeviceTag] = []
        for element in list {
            guard let text = element.string else {
                throw JSONFieldError(field: field, reason: "must hold texts")
            }
            do throws(ValidationFault) {
                let tag = try DeviceTag(validating: text)
                if !tags.contains(tag) { tags.append(tag) }
            } catch { throw JSONFieldError(field: field, reason: error.reason) }
        }
        guard tags.count <= DeviceTag.maximumCount else {
            throw JSONFieldError(
                field: field, reason: "must be at most \(DeviceTag.maximumCount)")
        }
        return tags
    }

    /// `.some(nil)` for `null`: "take it away".
    func changedID<Entity>(_ field: String) throws(JSONFieldError) -> Identifier<Entity>?? {
        if isNull(field) { return .some(nil) }
        return try optionalID(field).map { $0 }
    }

    func int(_ field: String, in range: ClosedRange<Int>) throws(JSONFieldError) -> Int? {
        guard let number = try optionalInt(field).map({ Int(clamping: $0) }) else { return nil }
        guard range.contains(number) else {
            throw JSONFieldError(
                field: field, reason: "must be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
