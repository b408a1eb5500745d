/// What somebody is at a scope; each includes those below it.
package enum Role: String, Sendable, CaseIterable, Comparable {
    /// Opens the pages that flows serve, nothing else.
    case dashboard
    case viewer, member, owner
    /// Only at the scope `site`.
    case administrator

    private var rank: Int {
        switch self {
        case .dashboard: 0
        case .viewer: 1
        case .member: 2
        case .owner: 3
        case .administrator: 4
        }
    }

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}
