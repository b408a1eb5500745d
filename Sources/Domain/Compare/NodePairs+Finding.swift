extension NodePairs {
    /// One fifth: an instance that was made from another's flows shares more, and an import into the
    /// same flows shares its configuration nodes.
    private static let fewCommon = 5
    /// One third of the nodes of the smaller flows: of flows that have little to do with each other,
    /// the tabs called "Flow 1" and what happens to be alike in them say nothing.
    private static let manyAlike = 3

    /// - Returns: the pairs, and whether they were found by id or by name.
    static func found(
        _ from: FlowDocument, _ to: FlowDocument, _ match: FlowComparison.Match
    ) -> (NodePairs, FlowComparison.Match) {
        let byID = NodePairs(byID: from, to)
        switch match {
        case .id: return (byID, .id)
        case .name: return (byName(from, to, byID), .name)
        case .auto:
            let fewer = min(from.nodes.count, to.nodes.count)
            guard byID.count * fewCommon < fewer else {
                return (withRenewedTabs(from, to, byID), .id)
            }
            let byName = byName(from, to, byID)
            let isConvincing = byName.count > byID.count && byName.count * manyAlike >= fewer
            return isConvincing ? (byName, .name) : (byID, .id)
        }
    }

    /// Nodes of the same id, type and name are what they seem to be; the rest is found by likeness.
    private static func byName(
        _ from: FlowDocument, _ to: FlowDocument, _ byID: NodePairs
    ) -> NodePairs {
        var certain = NodePairs(from: from.nodes.count, to: to.nodes.count)
        for (index, partner) in byID.partners.enumerated() {
            guard let partner else { continue }
            let (node, other) = (from.nodes[index], to.nodes[partner])
            guard node.id != nil, isSame(node.type, other.type), isSame(node.name, other.name)
            else { continue }
            certain.pair(index, partner)
        }
        return matched(from, to, certain, open: nil)
    }

    /// A tab or subflow that was exported, deleted and imported again has new ids amid old ones: its
    /// nodes find theirs by likeness, if one of the same name went and one came.
    private static func withRenewedTabs(
        _ from: FlowDocument, _ to: FlowDocument, _ byID: NodePairs
    ) -> NodePairs {
        func lost(_ flows: FlowDocument, _ partners: [Int?]) -> Set<String> {
            Set(
                flows.nodes.indices.filter {
                    flows.nodes[$0].isContainer && partners[$0] == nil
                        && !flows.nodes[$0].name.isEmpty
                }.map { "\(flows.nodes[$0].kind.rawValue) \(flows.nodes[$0].name)" })
        }
        let names = lost(from, byID.partners).intersection(lost(to, byID.origins))
        guard !names.isEmpty else { return byID }
        func open(_ flows: FlowDocument, _ partners: [Int?]) -> [Bool] {
            flows.nodes.indices.map { index in
                guard partners[index] == nil else { return false }
                let node = flows.nodes[index]
                guard let container = node.isContainer ? index : node.container else {
                    return node.kind == .config
                }
                let place = flows.nodes[container]
                return partners[container] == nil
                    && names.contains("\(place.kind.rawValue) \(place.name)")
            }
        }
        return matched(
            from, to, byID, open: (open(from, byID.partners), open(to, byID.origins)))
    }

    /// The same pairs whichever side is the earlier one.
    private static func matched(
        _ from: FlowDocument, _ to: FlowDocument, _ certain: NodePairs,
        open: (from: [Bool], to: [Bool])?
    ) -> NodePairs {
        let isTurned = fingerprint(to) < fingerprint(from)
        var matcher = StructuralMatcher(
            from: isTurned ? to : from, to: isTurned ? from : to,
            pairs: isTurned ? certain.turned : certain,
            open: isTurned ? open.map { ($0.to, $0.from) } : open)
        matcher.run()
        return isTurned ? matcher.pairs.turned : matcher.pairs
    }

    private static func fingerprint(_ flows: FlowDocument) -> Fingerprint {
        var print = Fingerprint()
        for node in flows.nodes {
            print.mix(Fingerprint(node.id ?? "").bits)
            print.mix(Fingerprint(node.name).bits)
        }
        return print
    }
}
