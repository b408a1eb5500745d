/// Counts what differs in each tab, in each subflow, and in none of them.
struct ContainerSurvey {
    let containers: [ContainerChange]

    init(from: FlowDocument, to: FlowDocument, pairs: NodePairs, _ changes: [NodeChange]) {
        var later = [ChangeCounts](repeating: ChangeCounts(), count: to.nodes.count)
        var removed = [ChangeCounts](repeating: ChangeCounts(), count: from.nodes.count)
        var loose = ChangeCounts()
        var own: [Int: NodeChange.Kind] = [:]
        var hasLoose = [from, to].contains { flows in
            flows.nodes.contains { !$0.isContainer && $0.container == nil }
        }
        for change in changes {
            if let place = change.to {
                let node = to.nodes[place]
                if node.isContainer {
                    own[place] = change.change
                } else if let container = node.container {
                    later[container].count(change.change)
                } else {
                    loose.count(change.change)
                }
                continue
            }
            guard let place = change.from, !from.nodes[place].isContainer else { continue }
            guard let container = from.nodes[place].container else {
                loose.count(.removed)
                continue
            }
            // Its partner may have become something else under the same id.
            if let partner = pairs.partners[container], to.nodes[partner].isContainer {
                later[partner].count(.removed)
            } else {
                removed[container].count(.removed)
            }
        }
        var containers: [ContainerChange] = []
        for (place, node) in to.nodes.enumerated() where node.isContainer {
            containers.append(
                ContainerChange(
                    kind: Self.kind(node), from: pairs.origins[place], to: place,
                    change: Self.change(own[place], later[place]), counts: later[place]))
        }
        for (place, node) in from.nodes.enumerated() where node.isContainer {
            if let partner = pairs.partners[place], to.nodes[partner].isContainer { continue }
            containers.append(
                ContainerChange(
                    kind: Self.kind(node), from: place, to: nil, change: .removed,
                    counts: removed[place]))
        }
        hasLoose = hasLoose || loose.all > 0
        if hasLoose {
            containers.append(
                ContainerChange(
                    kind: .global, from: nil, to: nil, change: Self.change(nil, loose),
                    counts: loose))
        }
        self.containers = containers
    }

    private static func kind(_ node: FlowNode) -> ContainerChange.Kind {
        node.kind == .subflow ? .subflow : .tab
    }

    private static func change(
        _ own: NodeChange.Kind?, _ inside: ChangeCounts
    ) -> ContainerChange.Change {
        switch own {
        case .added: .added
        case .removed: .removed
        case .changed: .changed
        case .moved, nil:
            if inside.all > inside.moved {
                .changed
            } else if inside.moved > 0 || own == .moved {
                .moved
            } else {
                .same
            }
        }
    }
}
