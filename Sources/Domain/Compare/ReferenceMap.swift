import Basics

/// Which id of one document is which of the other, and how a value of the one reads in the other:
/// every text that is the id of a node there stands for that node.
struct ReferenceMap: Sendable {
    /// Only ids that differ.
    private var renamed: [String: String] = [:]
    private let known: Set<String>

    /// - Parameter partners: for each node of `from`, the place of its partner in `to`.
    init(_ partners: [Int?], from: FlowDocument, to: FlowDocument) {
        for (index, partner) in partners.enumerated() {
            guard let partner, let id = from.nodes[index].id, from.positions[id] == index,
                let other = to.nodes[partner].id, !isSame(id, other)
            else { continue }
            renamed[id] = other
        }
        known = renamed.isEmpty ? [] : Set(to.positions.keys)
    }

    /// Whether values can be compared as they stand.
    var isIdentity: Bool { renamed.isEmpty }

    func text(_ id: String) -> String { renamed[id] ?? id }

    /// Whether the text is the id of a node of the later document.
    func knows(_ id: String) -> Bool { known.contains(id) }

    func value(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let id): .string(text(id))
        case .array(let elements): .array(elements.map(self.value))
        case .object(let object):
            .object(
                JSONObject(object.members.map { ($0.key, self.value($0.value)) }))
        case .null, .bool, .number: value
        }
    }

    /// The value of a property of a node.
    func value(_ value: JSONValue, of key: String) -> JSONValue {
        if renamed.isEmpty || FlowNode.plainKeys.contains(key) { return value }
        guard key == "type" else { return self.value(value) }
        guard let type = value.string, type.hasPrefix(FlowNode.instancePrefix) else { return value }
        let id = String(type.dropFirst(FlowNode.instancePrefix.count))
        return .string(FlowNode.instancePrefix + text(id))
    }
}
