/// Finds partners of nodes whose ids were renewed: by what they are, what they are called, where
/// they lie and what they are connected to. From the strongest likeness to the weakest; a pair once
/// found says more about its neighbours.
struct StructuralMatcher {
    private let from: FlowShape
    private let to: FlowShape
    private(set) var pairs: NodePairs
    /// Nodes that may find a partner here.
    private let open: (from: [Bool], to: [Bool])
    private var queue: [Int] = []

    /// How far a likeness must reach to make a pair.
    private enum Reach {
        /// Nobody else in the same tab or subflow is like it.
        case container
        /// Nobody else at all.
        case everywhere
    }

    private typealias Keys = (from: [Fingerprint], to: [Fingerprint])

    /// - Parameters:
    ///   - pairs: those that are certain.
    ///   - open: which nodes may be paired; `nil`: all.
    init(
        from: FlowDocument, to: FlowDocument, pairs: NodePairs,
        open: (from: [Bool], to: [Bool])? = nil
    ) {
        self.from = FlowShape(from)
        self.to = FlowShape(to)
        self.pairs = pairs
        self.open =
            open
            ?? (
                [Bool](repeating: true, count: from.nodes.count),
                [Bool](repeating: true, count: to.nodes.count)
            )
    }

    mutating func run() {
        // The very same flow, node by node in its order.
        let whole = keys { $0.type.with($0.name).with($0.content).with($0.place) }
        let seated = keys {
            $0.type.with($0.name).with($0.content).with($0.place).with($0.order)
        }
        if pairAll(refined(seated, 3)) { return }
        // The same, in another order.
        settle(refined(whole, 3), [.container, .everywhere], ties: .everywhere)
        guard isUnfinished else { return }
        // Moved about, or something nearby changed.
        let content = keys { $0.type.with($0.name).with($0.content) }
        settle(refined(content, 2), [.container, .everywhere], ties: .container)
        settle(whole, [.container, .everywhere], ties: .container)
        settle(content, [.container, .everywhere], ties: .container)
        pairContainers()
        guard isUnfinished else { return }
        // Changed, but of the same name.
        let names = keys { $0.hasName ? $0.type.with($0.name) : nil }
        settle(names, [.container, .everywhere], ties: .container)
        // Renamed.
        settle(keys { $0.type.with($0.content) }, [.container], ties: .container)
        settle(keys { $0.type.with($0.place) }, [.container], ties: nil)
        // All that is left to tell them by is what they are wired to.
        settle(keys { $0.type }, [], ties: nil)
    }

    private var isUnfinished: Bool {
        pairs.partners.indices.contains { isOpen(from: $0) }
            && pairs.origins.indices.contains { isOpen(to: $0) }
    }

    private func isOpen(from index: Int) -> Bool {
        pairs.partners[index] == nil && open.from[index]
    }

    private func isOpen(to index: Int) -> Bool { pairs.origins[index] == nil && open.to[index] }

    // MARK: Keys

    /// `nil` makes a key that nothing else has.
    private func keys(_ make: (FlowShape.Traits) -> Fingerprint?) -> Keys {
        func list(_ shape: FlowShape, _ salt: UInt64) -> [Fingerprint] {
            shape.traits.enumerated().map { index, traits in
                make(traits) ?? Fingerprint(salt &+ UInt64(index)).with(Fingerprint("none"))
            }
        }
        return (list(from, 0), list(to, 1 << 40))
    }

    private func refined(_ keys: Keys, _ rounds: Int) -> Keys {
        (from.refined(keys.from, rounds: rounds), to.refined(keys.to, rounds: rounds))
    }

    // MARK: One likeness

    private mutating func settle(_ keys: Keys, _ reaches: [Reach], ties: Reach?) {
        queue = pairs.partners.indices.filter { pairs.partners[$0] != nil }
        spread(keys, ties: false)
        for reach in reaches {
            pairAlike(keys, reach)
            spread(keys, ties: false)
        }
        guard let ties else { return }
        for group in groups(keys, ties) {
            var others = group.to[...]
            for index in group.from where isOpen(from: index) {
                while let other = others.first, !isOpen(to: other) { others.removeFirst() }
                guard let other = others.popFirst() else { break }
                pair(index, other)
                spread(keys, ties: true)
            }
        }
    }

    private mutating func pair(_ index: Int, _ other: Int) {
        pairs.pair(index, other)
        queue.append(index)
    }

    private struct Group {
        let from: [Int]
        let to: [Int]
    }

    /// Only all at once: one that by chance stands where another stood proves nothing.
    private mutating func pairAll(_ keys: Keys) -> Bool {
        let groups = groups(keys, .everywhere)
        guard groups.allSatisfy({ $0.from.count == 1 && $0.to.count == 1 }),
            groups.count == pairs.partners.indices.count(where: { isOpen(from: $0) }),
            groups.count == pairs.origins.indices.count(where: { isOpen(to: $0) })
        else { return false }
        for group in groups { pairs.pair(group.from[0], group.to[0]) }
        return true
    }

    private mutating func pairAlike(_ keys: Keys, _ reach: Reach) {
        for group in groups(keys, reach) where group.from.count == 1 && group.to.count == 1 {
            pair(group.from[0], group.to[0])
        }
    }

    /// Nodes of both sides with the same key, in the order of the keys: it is the same whichever
    /// side is called the first.
    private func groups(_ keys: Keys, _ reach: Reach) -> [Group] {
        let left = pairs.partners.indices.compactMap { index -> (Fingerprint, Int)? in
            guard isOpen(from: index) else { return nil }
            guard reach == .container, let container = from.document.nodes[index].container else {
                return (keys.from[index], index)
            }
            guard let partner = pairs.partners[container] else { return nil }
            return (keys.from[index].with(Fingerprint(UInt64(partner))), index)
        }
        let right = pairs.origins.indices.compactMap { index -> (Fingerprint, Int)? in
            guard isOpen(to: index) else { return nil }
            guard reach == .container, let container = to.document.nodes[index].container else {
                return (keys.to[index], index)
            }
            guard pairs.origins[container] != nil else { return nil }
            return (keys.to[index].with(Fingerprint(UInt64(container))), index)
        }
        return Self.merge(left, right)
    }

    private static func merge(
        _ left: [(Fingerprint, Int)], _ right: [(Fingerprint, Int)]
    ) -> [Group] {
        let left = left.sorted { $0 < $1 }
        let right = right.sorted { $0 < $1 }
        var groups: [Group] = []
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            let key = left[i].0
            if key < right[j].0 {
                i += 1
            } else if right[j].0 < key {
                j += 1
            } else {
                let (start, other) = (i, j)
                while i < left.count, left[i].0 == key { i += 1 }
                while j < right.count, right[j].0 == key { j += 1 }
                groups.append(
                    Group(from: left[start..<i].map(\.1), to: right[other..<j].map(\.1)))
            }
        }
        return groups
    }

    // MARK: Neighbours

    /// From each pair of the queue on: neighbours on the same wire, or that the same property names,
    /// and that are alike, are partners if nobody else there is.
    /// - Parameter ties: whether several that are alike are taken in their order.
    private mutating func spread(_ keys: Keys, ties: Bool) {
        var next = 0
        while next < queue.count {
            let index = queue[next]
            next += 1
            guard let partner = pairs.partners[index] else { continue }
            spread(from.edges(of: index), to.edges(of: partner), keys, ties)
        }
        queue = []
    }

    private mutating func spread(
        _ left: ArraySlice<FlowShape.Edge>, _ right: ArraySlice<FlowShape.Edge>, _ keys: Keys,
        _ ties: Bool
    ) {
        var (i, j) = (left.startIndex, right.startIndex)
        while i < left.endIndex, j < right.endIndex {
            let relation = left[i].relation
            if relation < right[j].relation {
                i += 1
            } else if right[j].relation < relation {
                j += 1
            } else {
                var mine: [(Fingerprint, Int)] = []
                var others: [(Fingerprint, Int)] = []
                while i < left.endIndex, left[i].relation == relation {
                    let target = left[i].target
                    if isOpen(from: target) { mine.append((keys.from[target], target)) }
                    i += 1
                }
                while j < right.endIndex, right[j].relation == relation {
                    let target = right[j].target
                    if isOpen(to: target) { others.append((keys.to[target], target)) }
                    j += 1
                }
                if !mine.isEmpty, !others.isEmpty { pairNeighbours(mine, others, ties) }
            }
        }
    }

    private mutating func pairNeighbours(
        _ mine: [(Fingerprint, Int)], _ others: [(Fingerprint, Int)], _ ties: Bool
    ) {
        for group in Self.merge(mine, others) {
            // Two wires to the same node make it stand here twice.
            let left = Self.once(group.from)
            let right = Self.once(group.to)
            guard left.count == right.count, ties || left.count == 1 else { continue }
            for (index, other) in zip(left, right) where isOpen(from: index) && isOpen(to: other) {
                pair(index, other)
            }
        }
    }

    /// - Parameter indices: rise.
    private static func once(_ indices: [Int]) -> [Int] {
        var result: [Int] = []
        for index in indices where result.last != index { result.append(index) }
        return result
    }

    // MARK: Tabs and subflows

    /// A tab that was renamed: what was in it tells which it is.
    private mutating func pairContainers() {
        struct Vote: Hashable {
            let from: Int
            let to: Int
        }
        var votes: [Vote: Int] = [:]
        for (index, partner) in pairs.partners.enumerated() {
            guard let partner, let container = from.document.nodes[index].container,
                let other = to.document.nodes[partner].container, isOpen(from: container),
                isOpen(to: other),
                from.document.nodes[container].kind == to.document.nodes[other].kind
            else { continue }
            votes[Vote(from: container, to: other), default: 0] += 1
        }
        let order = votes.sorted {
            ($1.value, $0.key.from, $0.key.to) < ($0.value, $1.key.from, $1.key.to)
        }
        for (vote, _) in order where isOpen(from: vote.from) && isOpen(to: vote.to) {
            pair(vote.from, vote.to)
        }
    }
}
