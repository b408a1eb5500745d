import Basics

/// Where a grant or a token counts: a node of the tree and all below it.
package enum Scope: Sendable, Hashable {
    case site
    case organization(Organization.ID)
    case team(Team.ID)
    case application(Application.ID)

    /// The word of API and database.
    package var kind: String {
        switch self {
        case .site: "site"
        case .organization: "organization"
        case .team: "team"
        case .application: "application"
        }
    }

    /// `nil` for the site.
    package var id: String? {
        switch self {
        case .site: nil
        case .organization(let id): id.text
        case .team(let id): id.text
        case .application(let id): id.text
        }
    }

    /// `nil` for an unknown kind, a malformed id, or an id where none belongs.
    package init?(kind: String, id: String?) {
        switch (kind, id) {
        case ("site", nil): self = .site
        case ("organization", let id?):
            guard let id = Organization.ID(id) else { return nil }
            self = .organization(id)
        case ("team", let id?):
            guard let id = Team.ID(id) else { return nil }
            self = .team(id)
        case ("application", let id?):
            guard let id = Application.ID(id) else { return nil }
            self = .application(id)
        default: return nil
        }
    }
}

/// Where a thing hangs in the tree, from the site down. The site itself is the empty path.
package struct ScopePath: Sendable, Hashable {
    package var organization: Organization.ID?
    package var team: Team.ID?
    package var application: Application.ID?

    package init(
        organization: Organization.ID? = nil, team: Team.ID? = nil,
        application: Application.ID? = nil
    ) {
        self.organization = organization
        self.team = team
        self.application = application
    }

    package static let site = ScopePath()

    /// The nearest first.
    package var scopes: [Scope] {
        [
            application.map(Scope.application), team.map(Scope.team),
            organization.map(Scope.organization), .site,
        ].compactMap { $0 }
    }

    package func lies(in scope: Scope) -> Bool { scopes.contains(scope) }
}
