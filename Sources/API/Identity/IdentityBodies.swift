import Basics
import Domain

/// Fields that several bodies have, read with the sentence that their type has for it.
extension JSONObject {
    func validated<Value>(
        _ name: String, _ make: (String) throws(ValidationFault) -> Value
    ) throws(JSONFieldError) -> Value {
        guard let value = try optionalValidated(name, make) else {
            throw JSONFieldError(field: name, reason: "is missing")
        }
        return value
    }

    func optionalValidated<Value>(
        _ name: String, _ make: (String) throws(ValidationFault) -> Value
    ) throws(JSONFieldError) -> Value? {
        guard let text = try optionalString(name) else { return nil }
        do throws(ValidationFault) { return try make(text) } catch {
            throw JSONFieldError(field: name, reason: error.reason)
        }
    }

    /// A case of an enum.
    func optionalWord<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ type: Word.Type
    ) throws(JSONFieldError) -> Word? {
        guard let text = try optionalString(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw JSONFieldError(field: name, reason: "must be one of \(words)")
        }
        return word
    }

    /// `scope` and `scopeId` together.
    func scope() throws(JSONFieldError) -> Scope {
        let kind = try optionalString("scope") ?? "site"
        guard let scope = Scope(kind: kind, id: try optionalString("scopeId")) else {
            throw JSONFieldError(
                field: "scope",
                reason: "must be site, or organization, team or application with its scopeId")
        }
        return scope
    }

    /// An empty text takes the address away.
    func optionalEmail() throws(JSONFieldError) -> String? {
        if isNull("email") { return "" }
        guard let text = try optionalString("email") else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let plain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard
            text.isEmpty
                || (parts.count == 2 && !parts.contains("") && plain && text.utf8.count <= 254)
        else { throw JSONFieldError(field: "email", reason: "must be an address like a@b.c") }
        return text
    }
}

struct SetUpSite: APIBody {
    let code: String
    let username: String
    let password: String
    let site: SiteSettings

    static var schema: Schema {
        .object(
            "SetUpSite",
            [
                .field("code", .text), .field("username", .text), .field("password", .text),
                .field("site", .text), .field("language", SiteView.language, optional: true),
                .field("timeZone", .text, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        code = try json.string("code")
        username = try json.string("username")
        password = try json.string("password")
        site = SiteSettings(
            name: try json.validated("site", Name<SiteSettings>.init(validating:)),
            language: try json.optionalWord("language", Language.self) ?? .english,
            timeZone: try json.optionalValidated("timeZone", TimeZoneName.init(validating:))
                ?? .utc)
    }
}

struct SignIn: APIBody {
    let username: String
    let password: String

    static var schema: Schema {
        .object("SignIn", [.field("username", .text), .field("password", .text)])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        username = try json.string("username")
        password = try json.string("password")
    }
}

struct RenewSession: APIBody {
    let csrf: String

    static var schema: Schema { .object("RenewSession", [.field("csrf", .text)]) }

    init(json: JSONObject) throws(JSONFieldError) { csrf = try json.string("csrf") }
}

struct AcceptInvitation: APIBody {
    let username: String
    let password: String
    let name: String

    static var schema: Schema {
        .object(
            "AcceptInvitation",
            [
                .field("username", .text), .field("password", .text),
                .field("name", .text, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        username = try json.string("username")
        password = try json.string("password")
        name = try json.optionalString("name") ?? ""
    }
}

struct ChangeOwnUser: APIBody {
    let name: PersonName?
    let email: String?
    let language: Language?
    let theme: Theme?

    static var schema: Schema {
        .object(
            "ChangeOwnUser",
            [
                .field("name", .text, optional: true),
                .field("email", .optional(.text), optional: true),
                .field("language", SiteView.language, optional: true),
                .field("theme", .words(Theme.allCases.map(\.rawValue)), optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalValidated("name", PersonName.init(validating:))
        email = try json.optionalEmail()
        language = try json.optionalWord("language", Language.self)
        theme = try json.optionalWord("theme", Theme.self)
    }
}

struct ChangePassword: APIBody {
    let current: String
    let new: String

    static var schema: Schema {
        .object("ChangePassword", [.field("current", .text), .field("new", .text)])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        current = try json.string("current")
        new = try json.string("new")
    }
}

struct MakeToken: APIBody {
    let name: Name<PersonalToken>
    let expiresAt: Timestamp?
    let readOnly: Bool
    let scope: Scope

    static var schema: Schema {
        .object(
            "MakeToken",
            [
                .field("name", .text), .field("expiresAt", .optional(.time), optional: true),
                .field("readOnly", .boolean, optional: true),
                .field("scope", .words(GrantView.scopes), optional: true),
                .field("scopeId", .optional(.identifier), optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        name = try json.validated("name", Name<PersonalToken>.init(validating:))
        expiresAt = try json.optionalTimestamp("expiresAt")
        if let expiresAt, expiresAt <= .now() {
            throw JSONFieldError(field: "expiresAt", reason: "must lie in the future")
        }
        readOnly = try json.optionalBool("readOnly") ?? false
        scope = try json.scope()
    }
}
