package import Basics

package typealias PersonName = Name<User>

/// Somebody who can sign in.
package struct User: Sendable, Equatable {
    package typealias ID = Identifier<User>

    package var id: ID
    package var username: Username
    package var name: PersonName
    package var email: String?
    package var language: Language
    package var theme: Theme
    /// Holds the grant (site, administrator).
    package var isAdministrator: Bool
    package var isDisabled: Bool
    package var createdAt: Timestamp
    package var lastSeenAt: Timestamp?

    package init(
        id: ID, username: Username, name: PersonName, email: String? = nil,
        language: Language = .english, theme: Theme = .system, isAdministrator: Bool = false,
        isDisabled: Bool = false, createdAt: Timestamp, lastSeenAt: Timestamp? = nil
    ) {
        self.id = id
        self.username = username
        self.name = name
        self.email = email
        self.language = language
        self.theme = theme
        self.isAdministrator = isAdministrator
        self.isDisabled = isDisabled
        self.createdAt = createdAt
        self.lastSeenAt = lastSeenAt
    }
}

package enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case german = "de"
}

package enum Theme: String, Sendable, CaseIterable {
    case system, light, dark
}
