package import Basics
import Domain

package struct NewEnrolmentToken: APIBody {
    let kind: EnrolmentToken.Kind
    let name: Name<EnrolmentToken>?
    let team: Team.ID?
    let application: Application.ID?
    let group: DeviceGroup.ID?
    let device: Device.ID?
    let uses: Int
    let isConfirmed: Bool
    let expectation: EnrolmentToken.Expectation
    /// `.some(nil)`: it never ends.
    let life: Duration??

    package static var schema: Schema {
        let expect = Schema.object(
            nil,
            [
                .field("serial", .optional(.text), optional: true),
                .field("mac", .optional(.text), optional: true),
            ])
        return .object(
            "NewToken",
            [
                .field(
                    "kind", .words(EnrolmentToken.Kind.allCases.map(\.rawValue)),
                    optional: true),
                .field("name", .text, optional: true),
                .field("teamId", .optional(.identifier), optional: true),
                .field("applicationId", .optional(.identifier), optional: true),
                .field("groupId", .optional(.identifier), optional: true),
                .field("deviceId", .optional(.identifier), optional: true),
                .field("uses", .integer, optional: true),
                .field("confirm", .boolean, optional: true),
                .field("expect", expect, optional: true),
                .field("expiresInHours", .optional(.integer), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        kind = try json.optionalWord("kind", EnrolmentToken.Kind.self) ?? .bundle
        name = try json.optionalName("name")
        team = try json.optionalID("teamId")
        application = try json.optionalID("applicationId")
        group = try json.optionalID("groupId")
        device = try json.optionalID("deviceId")
        uses = try json.int("uses", in: EnrolmentToken.usesLimits) ?? 1
        guard uses == 1 || (device == nil && kind != .oneTime) else {
            throw JSONFieldError(field: "uses", reason: "must be 1 for one device")
        }
        isConfirmed = try json.optionalBool("confirm") ?? false
        guard !isConfirmed || kind.isOurs else {
            throw JSONFieldError(
                field: "confirm", reason: "is for bundles and codes: a stock agent has no key")
        }
        let expect = try json.optionalObject("expect")
        func text(_ name: String) throws(JSONFieldError) -> String? {
            guard let text = try expect?.optionalString(name), !text.isEmpty else { return nil }
            guard text.utf8.count <= 80, !text.utf8.contains(where: { $0 < 0x20 }) else {
                throw JSONFieldError(field: "expect", reason: "\(name) is too long")
            }
            return text
        }
        expectation = .init(serial: try text("serial"), mac: try text("mac"))
        guard expectation.isEmpty || kind.isOurs else {
            throw JSONFieldError(field: "expect", reason: "is for bundles and codes")
        }
        let hours = try json.int("expiresInHours", in: 1...3_650 * 24)
        life = json.isNull("expiresInHours") ? .some(nil) : hours.map { .seconds($0 * 3_600) }
    }

    /// 30 days for what may lie on a stick until somebody goes there; one for what is typed.
    var lifeInForce: Duration? {
        if let life { return life }
        return .seconds(kind == .bundle || kind == .provisioning ? 30 * 86_400 : 86_400)
    }
}

/// The file of a device without any connection, and where it is to go.
package struct CarriedRequest: APIBody {
    let request: String
    let team: Team.ID?
    let application: Application.ID?
    let group: DeviceGroup.ID?
    let device: Device.ID?
    let name: DeviceName?

    package static var schema: Schema {
        .object(
            "EnrolmentRequest",
            [
                .field("request", .text),
                .field("teamId", .optional(.identifier), optional: true),
                .field("applicationId", .optional(.identifier), optional: true),
                .field("groupId", .optional(.identifier), optional: true),
                .field("deviceId", .optional(.identifier), optional: true),
                .field("name", .optional(.text), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        request = try json.string("request")
        team = try json.optionalID("teamId")
        application = try json.optionalID("applicationId")
        group = try json.optionalID("groupId")
        device = try json.optionalID("deviceId")
        name = try json.optionalName("name")
    }
}
