/// A tab, a subflow, or what lies in none of them, and how much in it differs.
package struct ContainerChange: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case tab, subflow, global }
    package enum Change: String, Sendable, CaseIterable {
        case added, removed, changed, moved, same
    }

    package let kind: Kind
    /// Place among the nodes of each document; both `nil`: what lies in no tab and no subflow.
    package let from: Int?
    package let to: Int?
    /// Of itself and what is in it.
    package let change: Change
    /// Of the nodes in it. One that moved to another counts where it is now.
    package let counts: ChangeCounts
}

package struct ChangeCounts: Sendable, Equatable {
    package internal(set) var added = 0
    package internal(set) var removed = 0
    package internal(set) var changed = 0
    package internal(set) var moved = 0

    package var all: Int { added + removed + changed + moved }

    mutating func count(_ change: NodeChange.Kind) {
        switch change {
        case .added: added += 1
        case .removed: removed += 1
        case .changed: changed += 1
        case .moved: moved += 1
        }
    }
}
