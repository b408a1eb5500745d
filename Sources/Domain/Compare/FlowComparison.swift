package import Basics

/// What is different between two flows: for people, and so exactly that the later can be made of the
/// earlier.
package struct FlowComparison: Sendable {
    /// How nodes find their partners.
    package enum Match: String, Sendable, CaseIterable {
        /// By id, unless ids were renewed.
        case auto
        case id
        /// By type, name and neighbourhood, whatever their ids are.
        case name
    }

    package let from: FlowDocument
    package let to: FlowDocument
    /// `.id` or `.name`.
    package let matchedBy: Match
    /// In the order of the later document, then what was removed, in the order of the earlier.
    package let nodes: [NodeChange]
    /// In the order of the later document; then those that were removed; last what lies in none.
    package let containers: [ContainerChange]
    package let counts: ChangeCounts
    package let unchanged: Int
    /// Entries that are no nodes are not the same, or not in the same order.
    package let straysDiffer: Bool
    /// Sentences about what could not be compared.
    package let warnings: [String]

    private let pairs: NodePairs
    private let references: ReferenceMap
    /// By place in the later document: what makes a node of its partner, to the last member.
    private let patches: [Int: [ValueChange.Member]]

    package init(
        from: FlowDocument, to: FlowDocument, match: Match = .auto,
        secrets: FlowSecrets = FlowSecrets()
    ) {
        let (pairs, matchedBy) = NodePairs.found(from, to, match)
        var work = NodeComparison(from: from, to: to, pairs: pairs, secrets: secrets)
        work.run()
        self.from = from
        self.to = to
        self.matchedBy = matchedBy
        self.pairs = pairs
        references = work.references
        patches = work.patches
        nodes = work.changes
        var counts = ChangeCounts()
        for node in work.changes { counts.count(node.change) }
        self.counts = counts
        unchanged = to.nodes.count - counts.added - counts.changed - counts.moved
        containers = ContainerSurvey(from: from, to: to, pairs: pairs, work.changes).containers
        let (old, new) = (from.strays.map(\.value), to.strays.map(\.value))
        straysDiffer = !isSame(.array(old), .array(new))
        warnings = Self.warnings(from, to, straysDiffer)
    }

    /// Nothing that a person would call a difference.
    package var isIdentical: Bool { nodes.isEmpty && !straysDiffer }

    private static func warnings(
        _ from: FlowDocument, _ to: FlowDocument, _ straysDiffer: Bool
    ) -> [String] {
        var warnings: [String] = []
        for (flows, which) in [(from, "earlier"), (to, "later")] where flows.doubles > 0 {
            let nodes = flows.doubles == 1 ? "1 node has" : "\(flows.doubles) nodes have"
            warnings.append("In the \(which) flows, \(nodes) the id of another one.")
        }
        if straysDiffer { warnings.append("Entries of the files that are no nodes differ.") }
        return warnings
    }

    /// The later flows, made of the earlier ones.
    /// - Parameter document: the one that was compared.
    package func applied(to document: FlowDocument) -> [JSONValue] {
        var entries: [JSONValue] = []
        var strays = to.strays[...]
        for (index, node) in to.nodes.enumerated() {
            while let stray = strays.first, stray.place == entries.count {
                entries.append(stray.value)
                strays.removeFirst()
            }
            guard let origin = pairs.origins[index] else {
                entries.append(.object(node.object))
                continue
            }
            var object = document.nodes[origin].object
            if !references.isIdentity {
                object = JSONObject(
                    object.members.map { ($0.key, references.value($0.value, of: $0.key)) })
            }
            entries.append(.object(ValueChange.applied(patches[index] ?? [], to: object)))
        }
        entries += strays.map(\.value)
        return entries
    }
}
