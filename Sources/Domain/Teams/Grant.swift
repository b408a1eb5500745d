package import Basics

/// A role given to a user at a scope; one for each pair of them.
package struct Grant: Sendable, Hashable {
    package typealias ID = Identifier<Grant>
    package var id: ID
    package var userID: User.ID
    package var scope: Scope
    package var role: Role
    /// As it was called when the grant was read.
    package var scopeName: String

    /// `nil` where the role cannot stand at that scope: administrators are those of the site.
    package init?(id: ID, userID: User.ID, scope: Scope, role: Role, scopeName: String = "") {
        guard Grant.allows(role, at: scope) else { return nil }
        self.id = id
        self.userID = userID
        self.scope = scope
        self.role = role
        self.scopeName = scopeName
    }

    package static func allows(_ role: Role, at scope: Scope) -> Bool {
        role != .administrator || scope == .site
    }
}
