/// One line of what a user of the broker may do.
package struct AccessRule: Sendable, Hashable {
    package enum Access: String, Sendable, CaseIterable {
        case publish, subscribe, both
    }

    package let access: Access
    /// A topic filter.
    package let filter: String
    /// Whether what is published may be retained. The product's own topics are not: what a device
    /// said once must not be told again when it is gone.
    package let keeps: Bool

    /// A rule of ours, with the placeholders that `TopicGrammar` names.
    init(_ access: Access, rule filter: String, keeps: Bool = false) {
        self.access = access
        self.filter = filter
        self.keeps = keeps && access != .subscribe
    }

    /// One that is in the registry.
    package init(stored access: Access, _ filter: String) {
        self.init(access, rule: filter, keeps: true)
    }

    /// 256 bytes: longer topics are no topics of machines.
    package static let filterLimit = 256
    package static let countLimit = 64

    /// A rule that somebody wrote.
    /// - Throws: a sentence about what is wrong with the filter.
    package init(_ access: Access, filter: String, team: Team.ID) throws(ValidationFault) {
        let filter = filter.trimmingBlanks()
        guard (1...Self.filterLimit).contains(filter.utf8.count) else {
            throw ValidationFault("must have filters of 1 to \(Self.filterLimit) bytes")
        }
        guard !filter.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }),
            !filter.contains("%"), !filter.contains("*")
        else {
            throw ValidationFault(
                "must have no %, * or control letters in a filter, as “\(filter)” has")
        }
        guard Self.isFilter(filter) else {
            throw ValidationFault(
                "must be topic filters, which “\(filter)” is not: + and # stand alone between "
                    + "slashes, # at the end")
        }
        guard !TopicGrammar.isReserved(filter, team: team) else {
            throw ValidationFault(
                "must begin with a level of your own: “\(filter)” would reach topics of the "
                    + "appliance")
        }
        self.init(access, rule: filter, keeps: true)
    }

    /// Whether there is a topic that both reach.
    package func meets(_ other: AccessRule) -> Bool {
        var ours = filter.split(separator: "/", omittingEmptySubsequences: false)[...]
        var theirs = other.filter.split(separator: "/", omittingEmptySubsequences: false)[...]
        while let one = ours.first, let two = theirs.first {
            if one == "#" || two == "#" { return true }
            guard one == two || one == "+" || two == "+" else { return false }
            ours.removeFirst()
            theirs.removeFirst()
        }
        // `a/#` takes `a` too.
        return (ours.isEmpty || ours == ["#"]) && (theirs.isEmpty || theirs == ["#"])
    }

    /// Whether this one reaches every topic that the other reaches.
    package func covers(_ other: AccessRule) -> Bool {
        var ours = filter.split(separator: "/", omittingEmptySubsequences: false)[...]
        var theirs = other.filter.split(separator: "/", omittingEmptySubsequences: false)[...]
        while let one = ours.first {
            if one == "#" { return true }
            guard let two = theirs.first, one == two || one == "+" && two != "#" else {
                return false
            }
            ours.removeFirst()
            theirs.removeFirst()
        }
        return theirs.isEmpty
    }

    private static func isFilter(_ filter: String) -> Bool {
        let levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() {
            if level.contains("#"), level != "#" || index < levels.count - 1 { return false }
            if level.contains("+"), level != "+" { return false }
        }
        return true
    }
}
