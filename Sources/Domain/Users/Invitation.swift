package import Basics

/// A link with which somebody makes an account, once.
package struct Invitation: Sendable, Equatable {
    package typealias ID = Identifier<Invitation>
    package struct Offer: Sendable, Hashable {
        package var scope: Scope
        package var role: Role
        package init?(scope: Scope, role: Role) {
            guard Grant.allows(role, at: scope) else { return nil }
            self.scope = scope
            self.role = role
        }
    }

    package var id: ID
    /// Set: the account bears this name; `nil`: the invited chooses.
    package var username: Username?
    package var offers: [Offer]
    package var createdBy: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp

    package init(
        id: ID, username: Username?, offers: [Offer], createdBy: String, createdAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.id = id
        self.username = username
        self.offers = offers
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
