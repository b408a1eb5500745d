package import Basics

/// A secret with which a user's script calls the API.
package struct PersonalToken: Sendable, Equatable {
    package typealias ID = Identifier<PersonalToken>
    /// Begins every secret, so that scanners and people know it when they see one.
    package static let prefix = "lsp_"

    package var id: ID
    package var userID: User.ID
    package var name: Name<PersonalToken>
    package var readOnly: Bool
    /// The token reaches no further, whatever its user may do.
    package var scope: Scope
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    package var lastUsedAt: Timestamp?

    package init(
        id: ID, userID: User.ID, name: Name<PersonalToken>, readOnly: Bool, scope: Scope,
        createdAt: Timestamp, expiresAt: Timestamp?, lastUsedAt: Timestamp? = nil
    ) {
        self.id = id
        self.userID = userID
        self.name = name
        self.readOnly = readOnly
        self.scope = scope
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
    }
}
