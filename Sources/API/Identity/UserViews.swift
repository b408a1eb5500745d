package import Basics
import Domain

package struct GrantView: APIView {
    let grant: Grant

    static let scopes = ["site", "organization", "team", "application"]

    package static var schema: Schema {
        .object(
            "Grant",
            [
                .field("id", .identifier), .field("scope", .words(scopes)),
                .field("scopeId", .optional(.identifier)), .field("scopeName", .text),
                .field("role", .words(Role.allCases.map(\.rawValue))),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", grant.id)
            json.field("scope", grant.scope.kind)
            json.field("scopeId", grant.scope.id)
            json.field("scopeName", grant.scopeName)
            json.field("role", grant.role.rawValue)
        }
    }
}

/// A grant with who holds it, for lists of a scope.
package struct MemberView: APIView {
    let grant: Grant
    let user: User

    package static var schema: Schema {
        .object(
            "Member",
            [
                .field("id", .identifier), .field("scope", .words(GrantView.scopes)),
                .field("scopeId", .optional(.identifier)), .field("scopeName", .text),
                .field("role", .words(Role.allCases.map(\.rawValue))),
                .field("userId", .identifier), .field("username", .text), .field("name", .text),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", grant.id)
            json.field("scope", grant.scope.kind)
            json.field("scopeId", grant.scope.id)
            json.field("scopeName", grant.scopeName)
            json.field("role", grant.role.rawValue)
            json.field("userId", user.id)
            json.field("username", user.username.text)
            json.field("name", user.name.text)
        }
    }
}

package struct UserView: APIView {
    let user: User
    let grants: [Grant]

    package static var schema: Schema {
        .object(
            "User",
            [
                .field("id", .identifier), .field("username", .text), .field("name", .text),
                .field("email", .optional(.text)),
                .field("language", .words(Language.allCases.map(\.rawValue))),
                .field("theme", .words(Theme.allCases.map(\.rawValue))),
                .field("administrator", .boolean), .field("disabled", .boolean),
                .field("createdAt", .time), .field("lastSeenAt", .optional(.time)),
                .field("grants", .list(GrantView.schema)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", user.id)
            json.field("username", user.username.text)
            json.field("name", user.name.text)
            json.field("email", user.email)
            json.field("language", user.language.rawValue)
            json.field("theme", user.theme.rawValue)
            json.field("administrator", user.isAdministrator)
            json.field("disabled", user.isDisabled)
            json.field("createdAt", user.createdAt)
            json.field("lastSeenAt", user.lastSeenAt)
            json.field("grants", grants.map(GrantView.init))
        }
    }
}

/// A browser has been let in.
package struct SignedInView: APIView {
    let user: UserView
    let csrf: String

    package static var schema: Schema {
        .object("SignedIn", [.field("user", UserView.schema), .field("csrf", .text)])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("user", user)
            json.field("csrf", csrf)
        }
    }
}

package struct SessionView: APIView {
    let session: Session
    let isCurrent: Bool

    package static var schema: Schema {
        .object(
            "Session",
            [
                .field("id", .identifier), .field("createdAt", .time),
                .field("lastSeenAt", .time), .field("expiresAt", .time),
                .field("address", .text), .field("agent", .text), .field("current", .boolean),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", session.id)
            json.field("createdAt", session.createdAt)
            json.field("lastSeenAt", session.lastSeenAt)
            json.field("expiresAt", session.expiresAt)
            json.field("address", session.address)
            json.field("agent", session.agent)
            json.field("current", isCurrent)
        }
    }
}

package struct TokenView: APIView {
    let token: PersonalToken
    /// Only in the answer that makes it.
    var secret: String?

    package static var schema: Schema {
        .object(
            "Token",
            [
                .field("id", .identifier), .field("name", .text), .field("readOnly", .boolean),
                .field("scope", .words(GrantView.scopes)),
                .field("scopeId", .optional(.identifier)), .field("createdAt", .time),
                .field("expiresAt", .optional(.time)), .field("lastUsedAt", .optional(.time)),
                .field("secret", .text, optional: true),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", token.id)
            json.field("name", token.name.text)
            json.field("readOnly", token.readOnly)
            json.field("scope", token.scope.kind)
            json.field("scopeId", token.scope.id)
            json.field("createdAt", token.createdAt)
            json.field("expiresAt", token.expiresAt)
            json.field("lastUsedAt", token.lastUsedAt)
            if let secret { json.field("secret", secret) }
        }
    }
}

package struct InvitationView: APIView {
    let invitation: Invitation
    /// Only in the answer that makes it.
    var link: String?

    private static var offer: Schema {
        .object(
            nil,
            [
                .field("scope", .words(GrantView.scopes)),
                .field("scopeId", .optional(.identifier)),
                .field("role", .words(Role.allCases.map(\.rawValue))),
            ])
    }

    package static var schema: Schema {
        .object(
            "Invitation",
            [
                .field("id", .identifier), .field("username", .optional(.text)),
                .field("grants", .list(offer)), .field("expiresAt", .time),
                .field("link", .text, optional: true),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", invitation.id)
            json.field("username", invitation.username?.text)
            json.array("grants") { json in
                for offer in invitation.offers {
                    json.object { json in
                        json.field("scope", offer.scope.kind)
                        json.field("scopeId", offer.scope.id)
                        json.field("role", offer.role.rawValue)
                    }
                }
            }
            json.field("expiresAt", invitation.expiresAt)
            if let link { json.field("link", link) }
        }
    }
}

/// What somebody with an invitation's link sees before there is an account.
package struct InvitationOfferView: APIView {
    let site: String
    let invitation: Invitation

    package static var schema: Schema {
        .object(
            "InvitationOffer",
            [
                .field("site", .text), .field("username", .optional(.text)),
                .field("expiresAt", .time),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("site", site)
            json.field("username", invitation.username?.text)
            json.field("expiresAt", invitation.expiresAt)
        }
    }
}
