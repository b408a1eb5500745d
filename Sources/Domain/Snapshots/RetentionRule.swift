package import Basics

/// How long the versions of an instance are kept. Goes: what is neither among the newest ones nor
/// young, and neither pinned, nor named by a snapshot, nor held by something that needs it. The
/// newest version always stays, so that numbers are never given twice.
package struct RetentionRule: Sendable, Equatable {
    /// What a site has that was not told otherwise.
    package static let standard = RetentionRule(keepVersions: 1_000, keepDays: 365)

    /// The newest ones, whatever their age; 1 to 100,000.
    package var keepVersions: Int
    /// Up to this age, however many; 0 to 36,500.
    package var keepDays: Int

    package init(keepVersions: Int, keepDays: Int) {
        self.keepVersions = keepVersions
        self.keepDays = keepDays
    }

    /// What the rule looks at.
    package struct Facts: Sendable, Equatable {
        package var id: Version.ID
        package var number: Int
        package var at: Timestamp
        package var isPinned: Bool
        package var hasSnapshot: Bool
        /// A test that runs, a device or a stage needs it.
        package var isHeld: Bool

        package init(
            id: Version.ID, number: Int, at: Timestamp, isPinned: Bool = false,
            hasSnapshot: Bool = false, isHeld: Bool = false
        ) {
            self.id = id
            self.number = number
            self.at = at
            self.isPinned = isPinned
            self.hasSnapshot = hasSnapshot
            self.isHeld = isHeld
        }
    }

    /// Where an instance has numbers of its own, those.
    package func with(_ settings: InstanceSettings) -> RetentionRule {
        RetentionRule(
            keepVersions: settings.keepVersions ?? keepVersions,
            keepDays: settings.keepDays ?? keepDays)
    }

    /// - Parameter versions: all that the instance has, in any order. What is dated after `now`, by
    ///   a clock that went wrong, is young.
    /// - Returns: the oldest first.
    package func removable(_ versions: [Facts], now: Timestamp) -> [Facts] {
        let young = now - .seconds(keepDays * 86_400)
        return versions.sorted { $0.number > $1.number }
            .dropFirst(max(1, keepVersions))
            .filter { $0.at < young && !$0.isPinned && !$0.hasSnapshot && !$0.isHeld }
            .reversed()
    }
}
