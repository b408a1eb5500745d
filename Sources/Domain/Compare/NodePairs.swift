/// Which node of one document is which of another.
struct NodePairs: Sendable, Equatable {
    /// For each node of the earlier document, the place of its partner in the later one.
    private(set) var partners: [Int?]
    /// The other way round.
    private(set) var origins: [Int?]

    init(from: Int, to: Int) {
        partners = [Int?](repeating: nil, count: from)
        origins = [Int?](repeating: nil, count: to)
    }

    mutating func pair(_ from: Int, _ to: Int) {
        partners[from] = to
        origins[to] = from
    }

    /// With the documents in each other's place.
    var turned: NodePairs {
        var turned = self
        (turned.partners, turned.origins) = (origins, partners)
        return turned
    }

    var count: Int { partners.count { $0 != nil } }

    /// By id; where an id stands there more than once, the first is the first, the second the
    /// second. Nodes without id are taken by their order.
    init(byID from: FlowDocument, _ to: FlowDocument) {
        self.init(from: from.nodes.count, to: to.nodes.count)
        let isPlain = [from, to].allSatisfy { $0.positions.count == $0.nodes.count }
        if isPlain {
            for (index, node) in from.nodes.enumerated() {
                guard let id = node.id, let other = to.positions[id] else { continue }
                pair(index, other)
            }
            return
        }
        var places: [String?: [Int]] = [:]
        for index in to.nodes.indices.reversed() {
            places[to.nodes[index].id, default: []].append(index)
        }
        for (index, node) in from.nodes.enumerated() {
            guard let other = places[node.id]?.popLast() else { continue }
            pair(index, other)
        }
    }
}
