import Basics

/// Which id of one document is which of the other: every text that is the id of a node there stands
/// for that node.
struct ReferenceMap: Sendable {
    enum Likeness {
        case same
        /// The text stayed, although it was, or is now, the id of a node: by accident, or because
        /// that node came or went.
        case kept
        case different
    }

    /// Only ids that differ.
    private var renamed: [String: String] = [:]
    private let before: [String: Int]
    private let after: [String: Int]
    /// Ids of two nodes that are not the same.
    private var strangers: Set<String> = []

    /// - Parameter partners: for each node of `from`, the place of its partner in `to`.
    init(_ partners: [Int?], from: FlowDocument, to: FlowDocument) {
        before = from.positions
        after = to.positions
        for (index, partner) in partners.enumerated() {
            guard let partner, let id = from.nodes[index].id, before[id] == index,
                let other = to.nodes[partner].id, after[other] == partner, !isSame(id, other)
            else { continue }
            renamed[id] = other
        }
        guard !renamed.isEmpty else { return }
        for (id, place) in before {
            guard let other = after[id], partners[place] != other else { continue }
            strangers.insert(id)
        }
    }

    /// Whether values can be compared as they stand.
    var isIdentity: Bool { renamed.isEmpty }

    /// What the text reads in the later document.
    func text(_ id: String) -> String { renamed[id] ?? id }

    /// Whether the text is the id of a node on both sides.
    func isKnownTwice(_ id: String) -> Bool { before[id] != nil && after[id] != nil }

    func likeness(_ old: String, _ new: String) -> Likeness {
        guard isSame(text(old), new) else {
            return isSame(old, new) && !isKnownTwice(old) ? .kept : .different
        }
        // A node that went does not live on in another one that has its id now.
        return renamed[old] == nil && strangers.contains(old) ? .different : .same
    }

    /// The value of a property of a node, as it reads in the later document.
    func value(_ value: JSONValue, of key: String) -> JSONValue {
        if renamed.isEmpty || FlowNode.plainKeys.contains(key) { return value }
        guard key == "type" else { return self.value(value) }
        guard let id = value.string.flatMap(FlowNode.subflow(ofType:)) else { return value }
        return .string(FlowNode.instancePrefix + text(id))
    }

    private func value(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let id): .string(text(id))
        case .array(let elements): .array(elements.map(self.value))
        case .object(let object):
            .object(
                JSONObject(object.members.map { ($0.key, self.value($0.value)) }))
        case .null, .bool, .number: value
        }
    }
}
