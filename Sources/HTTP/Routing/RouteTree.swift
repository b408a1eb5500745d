/// Methods and patterns to values. `/api/v1/devices/{device}` takes one segment there, and
/// `/files/{rest...}` all that follow, at least one. Literal text wins over a parameter.
package struct RouteTree<Value: Sendable>: Sendable {
    package enum Match: Sendable {
        case found(Value, parameters: [String: String])
        case notFound
        /// The methods that there are, for `Allow`.
        case methodNotAllowed([Method])
        /// A path that none of our own may look like; see `RequestTarget.isPlain`.
        case malformed
    }

    private struct Leaf: Sendable {
        var value: Value
        var names: [String]
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var parameter: Int?
        var leaves: [Method: Leaf] = [:]
        var restLeaves: [Method: Leaf] = [:]
    }

    private var nodes = [Node()]

    package init() {}

    /// Two routes that would take the same requests trap: the tree is built once, at start.
    package mutating func add(_ method: Method, _ pattern: String, _ value: Value) {
        precondition(pattern.hasPrefix("/"), "pattern without a slash: \(pattern)")
        var node = 0
        var names: [String] = []
        var parts = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var rest: String?
        if let last = parts.last, last.hasPrefix("{"), last.hasSuffix("...}") {
            rest = String(last.dropFirst().dropLast(4))
            parts.removeLast()
        }
        for part in parts {
            if part.hasPrefix("{"), part.hasSuffix("}") {
                names.append(String(part.dropFirst().dropLast()))
                node = child(of: node, \.parameter)
            } else {
                node = child(of: node, \.literals[String(part)])
            }
        }
        if let rest { names.append(rest) }
        precondition(Set(names).count == names.count, "parameter twice: \(pattern)")
        let leaf = Leaf(value: value, names: names)
        let former =
            rest == nil
            ? nodes[node].leaves.updateValue(leaf, forKey: method)
            : nodes[node].restLeaves.updateValue(leaf, forKey: method)
        precondition(former == nil, "two routes: \(method.text) \(pattern)")
    }

    private mutating func child(of node: Int, _ place: WritableKeyPath<Node, Int?>) -> Int {
        if let child = nodes[node][keyPath: place] { return child }
        nodes.append(Node())
        nodes[node][keyPath: place] = nodes.count - 1
        return nodes.count - 1
    }

    /// HEAD finds what GET finds where it has no route of its own.
    package func match(_ method: Method, _ target: RequestTarget) -> Match {
        guard target.isPlain else { return .malformed }
        let segments = target.segments
        var allowed: Set<Method> = []
        if let found = find(0, method, segments, 0, [], &allowed) { return found }
        guard !allowed.isEmpty else { return .notFound }
        if allowed.contains(.get) { allowed.insert(.head) }
        return .methodNotAllowed(allowed.sorted { $0.text < $1.text })
    }

    private func find(
        _ node: Int, _ method: Method, _ segments: [String], _ depth: Int, _ values: [String],
        _ allowed: inout Set<Method>
    ) -> Match? {
        if depth == segments.count {
            return choose(nodes[node].leaves, method, values, &allowed)
        }
        let segment = segments[depth]
        if let literal = nodes[node].literals[segment],
            let found = find(literal, method, segments, depth + 1, values, &allowed)
        {
            return found
        }
        if let parameter = nodes[node].parameter, !segment.isEmpty,
            let found = find(
                parameter, method, segments, depth + 1, values + [segment], &allowed)
        {
            return found
        }
        guard !nodes[node].restLeaves.isEmpty else { return nil }
        let rest = segments[depth...].joined(separator: "/")
        return rest.isEmpty
            ? nil : choose(nodes[node].restLeaves, method, values + [rest], &allowed)
    }

    private func choose(
        _ leaves: [Method: Leaf], _ method: Method, _ values: [String],
        _ allowed: inout Set<Method>
    ) -> Match? {
        guard let leaf = leaves[method] ?? (method == .head ? leaves[.get] : nil) else {
            allowed.formUnion(leaves.keys)
            return nil
        }
        return .found(
            leaf.value, parameters: Dictionary(uniqueKeysWithValues: zip(leaf.names, values)))
    }
}
