package import Domain

/// Whose packages somebody may have: those of the stacks, and of some teams' instances.
package enum PackageReader: Sendable, Hashable {
    case teams(Set<Team.ID>)
    case everything

    package static let stacksOnly = PackageReader.teams([])

    func mayRead(_ team: Team.ID) -> Bool {
        switch self {
        case .everything: true
        case .teams(let teams): teams.contains(team)
        }
    }
}
