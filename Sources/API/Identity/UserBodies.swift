import Basics
import Domain

struct MakeUser: APIBody {
    let username: Username
    let password: String?
    let name: PersonName
    let email: String?
    let isAdministrator: Bool

    static var schema: Schema {
        .object(
            "MakeUser",
            [
                .field("username", .text), .field("password", .optional(.text), optional: true),
                .field("name", .text, optional: true),
                .field("email", .optional(.text), optional: true),
                .field("administrator", .boolean, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        let username = try json.validated("username", Username.init(validating:))
        self.username = username
        password = try json.optionalString("password")
        let name = try json.optionalString("name") ?? ""
        do throws(ValidationFault) {
            self.name = try PersonName(validating: name.isEmpty ? username.text : name)
        } catch { throw JSONFieldError(field: "name", reason: error.reason) }
        email = try json.optionalEmail().flatMap { $0.isEmpty ? nil : $0 }
        isAdministrator = try json.optionalBool("administrator") ?? false
    }
}

struct ChangeUser: APIBody {
    let name: PersonName?
    let email: String?
    let isDisabled: Bool?
    let isAdministrator: Bool?

    static var schema: Schema {
        .object(
            "ChangeUser",
            [
                .field("name", .text, optional: true),
                .field("email", .optional(.text), optional: true),
                .field("disabled", .boolean, optional: true),
                .field("administrator", .boolean, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalValidated("name", PersonName.init(validating:))
        email = try json.optionalEmail()
        isDisabled = try json.optionalBool("disabled")
        isAdministrator = try json.optionalBool("administrator")
    }
}

struct SetPassword: APIBody {
    let new: String

    static var schema: Schema { .object("SetPassword", [.field("new", .text)]) }

    init(json: JSONObject) throws(JSONFieldError) { new = try json.string("new") }
}

struct MakeGrant: APIBody {
    let userID: User.ID
    let scope: Scope
    let role: Role

    static var schema: Schema {
        .object(
            "MakeGrant",
            [
                .field("userId", .identifier), .field("scope", .words(GrantView.scopes)),
                .field("scopeId", .optional(.identifier), optional: true),
                .field("role", .words(Role.allCases.map(\.rawValue))),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        userID = try json.id("userId")
        scope = try json.scope()
        role = try json.role()
    }
}

struct MakeInvitation: APIBody {
    let username: Username?
    let offers: [Invitation.Offer]
    let hours: Int64

    static var schema: Schema {
        .object(
            "MakeInvitation",
            [
                .field("username", .optional(.text), optional: true),
                .field(
                    "grants",
                    .list(
                        .object(
                            nil,
                            [
                                .field("scope", .words(GrantView.scopes)),
                                .field("scopeId", .optional(.identifier), optional: true),
                                .field("role", .words(Role.allCases.map(\.rawValue))),
                            ])), optional: true),
                .field("expiresInHours", .integer, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        username = try json.optionalValidated("username", Username.init(validating:))
        var offers: [Invitation.Offer] = []
        for value in try json.optionalArray("grants") ?? [] {
            guard let object = value.object else {
                throw JSONFieldError(field: "grants", reason: "must be a list of objects")
            }
            guard
                let offer = Invitation.Offer(
                    scope: try object.scope(), role: try object.role())
            else {
                throw JSONFieldError(
                    field: "grants", reason: "may hold administrator at the site only")
            }
            guard !offers.contains(where: { $0.scope == offer.scope }) else {
                throw JSONFieldError(field: "grants", reason: "must name a scope once")
            }
            offers.append(offer)
        }
        guard offers.count <= 100 else {
            throw JSONFieldError(field: "grants", reason: "must be at most 100")
        }
        self.offers = offers
        hours = try json.optionalInt("expiresInHours") ?? 72
        guard (1...24 * 30).contains(hours) else {
            throw JSONFieldError(field: "expiresInHours", reason: "must be 1 to 720")
        }
    }
}

extension JSONObject {
    func role() throws(JSONFieldError) -> Role {
        guard let role = try optionalWord("role", Role.self) else {
            throw JSONFieldError(field: "role", reason: "is missing")
        }
        return role
    }
}
