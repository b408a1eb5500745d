import Basics

/// Compares pair by pair.
struct NodeComparison {
    private let from: FlowDocument
    private let to: FlowDocument
    private let pairs: NodePairs
    private let secrets: FlowSecrets
    let references: ReferenceMap
    private(set) var patches: [Int: [ValueChange.Member]] = [:]
    private(set) var changes: [NodeChange] = []

    init(
        from: FlowDocument, to: FlowDocument, pairs: NodePairs, secrets: FlowSecrets
    ) {
        self.from = from
        self.to = to
        self.pairs = pairs
        self.secrets = secrets
        references = ReferenceMap(pairs.partners, from: from, to: to)
    }

    mutating func run() {
        let reordered = reordered()
        for (index, node) in to.nodes.enumerated() {
            if let origin = pairs.origins[index] {
                compare(origin, index, isReordered: reordered.contains(index))
            } else {
                changes.append(whole(node, to: index))
            }
        }
        for (index, node) in from.nodes.enumerated() where pairs.partners[index] == nil {
            changes.append(whole(node, from: index))
        }
    }

    private mutating func compare(_ old: Int, _ new: Int, isReordered: Bool) {
        let (before, after) = (from.nodes[old], to.nodes[new])
        let members = members(before.object, after.object)
        if !members.isEmpty { patches[new] = members }
        let isElsewhere = isElsewhere(before, after)
        var wires = WireChange()
        var properties: [ValueChange.Member] = []
        var isMoved = isReordered || isElsewhere
        var isChanged = false
        var secret = secret(before, after)
        for member in members {
            switch member.key {
            case "wires":
                if let change = self.wires(before, after) {
                    wires = change
                    continue
                }
            case "z" where isElsewhere: continue
            case _ where NodeProperties.isHidden(member.key): continue
            default: break
            }
            guard let shown = shown(member, before, after) else {
                if member.key == "env" { secret = .changed }
                continue
            }
            properties.append(shown)
            if FlowNode.placeKeys.contains(member.key) { isMoved = true } else { isChanged = true }
        }
        isChanged = isChanged || !wires.isEmpty || secret != nil
        guard isChanged || isMoved else { return }
        changes.append(
            NodeChange(
                from: old, to: new, change: isChanged ? .changed : .moved, isMoved: isMoved,
                properties: properties, wires: wires, credentials: secret))
    }

    /// Everything that differs once ids read as they do in the later document.
    private func members(_ before: JSONObject, _ after: JSONObject) -> [ValueChange.Member] {
        if references.isIdentity {
            return isSame(before, after) ? [] : ValueChange.members(from: before, to: after)
        }
        var members: [ValueChange.Member] = []
        for (key, value) in before.members {
            let value = references.value(value, of: key)
            guard let other = after[key] else {
                members.append(.init(key: key, change: .removed(value)))
                continue
            }
            guard let change = ValueChange.between(value, other) else { continue }
            members.append(.init(key: key, change: .changed(change)))
        }
        for (key, value) in after.members where before[key] == nil {
            members.append(.init(key: key, change: .added(value)))
        }
        return members
    }

    /// `nil` for what a person would not call a difference: a text that happens to be the id of
    /// another node and stayed as it is, and secrets.
    private func shown(
        _ member: ValueChange.Member, _ before: FlowNode, _ after: FlowNode
    ) -> ValueChange.Member? {
        let key = member.key
        guard case .changed(let change) = member.change else {
            switch member.change {
            case .added(let value):
                return .init(key: key, change: .added(NodeProperties.masked(value, of: key)))
            case .removed(let value):
                return .init(key: key, change: .removed(NodeProperties.masked(value, of: key)))
            case .changed: return nil
            }
        }
        if key == "env", let old = before.object[key], let new = after.object[key] {
            return ValueChange.between(
                NodeProperties.masked(references.value(old, of: key), of: key),
                NodeProperties.masked(new, of: key)
            ).map { .init(key: key, change: .changed($0)) }
        }
        if !references.isIdentity, let old = before.object[key], let new = after.object[key],
            isSame(old, new), !namesNode(new)
        {
            return nil
        }
        return .init(key: key, change: .changed(change))
    }

    private func namesNode(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): references.knows(text)
        case .array(let elements): elements.contains(where: namesNode)
        case .object(let object): object.members.contains { namesNode($0.value) }
        case .null, .bool, .number: false
        }
    }

    // MARK: Wires

    private func wires(_ before: FlowNode, _ after: FlowNode) -> WireChange? {
        guard let old = WireChange.read(before.object["wires"]),
            let new = WireChange.read(after.object["wires"])
        else { return nil }
        return .between(old, new, later: later, earlier: earlier)
    }

    private func later(_ id: String) -> String? {
        if references.isIdentity { return to.positions[id] == nil ? nil : id }
        guard let place = from.positions[id], let partner = pairs.partners[place] else {
            return nil
        }
        return to.nodes[partner].id
    }

    private func earlier(_ id: String) -> String? {
        if references.isIdentity { return from.positions[id] == nil ? nil : id }
        guard let place = to.positions[id], let origin = pairs.origins[place] else { return nil }
        return from.nodes[origin].id
    }

    // MARK: On one side only

    private func whole(_ node: FlowNode, to index: Int) -> NodeChange {
        var wires = WireChange()
        for (port, ids) in (WireChange.read(node.object["wires"]) ?? []).enumerated() {
            wires.added += ids.map { .init(port: port, fromID: earlier($0), toID: $0) }
        }
        return NodeChange(
            from: nil, to: index, change: .added, isMoved: false,
            properties: NodeProperties.whole(node.object) { .added($0) }, wires: wires,
            credentials: hasSecret(node, secrets.to) ? .added : nil)
    }

    private func whole(_ node: FlowNode, from index: Int) -> NodeChange {
        var wires = WireChange()
        for (port, ids) in (WireChange.read(node.object["wires"]) ?? []).enumerated() {
            wires.removed += ids.map { .init(port: port, fromID: $0, toID: later($0)) }
        }
        return NodeChange(
            from: index, to: nil, change: .removed, isMoved: false,
            properties: NodeProperties.whole(node.object) { .removed($0) }, wires: wires,
            credentials: hasSecret(node, secrets.from) ? .removed : nil)
    }

    // MARK: Places

    private func isElsewhere(_ before: FlowNode, _ after: FlowNode) -> Bool {
        guard let container = before.container else { return after.container != nil }
        return pairs.partners[container] != after.container || after.container == nil
    }

    /// What others overtook in the order of tabs, or of drawing on their canvas.
    private func reordered() -> Set<Int> {
        struct Layer: Hashable {
            let container: Int?
            let kind: FlowNode.Kind
        }
        var layers: [Layer: [Int]] = [:]
        for (index, node) in to.nodes.enumerated() {
            guard node.kind != .config, node.kind != .subflow, let origin = pairs.origins[index],
                !isElsewhere(from.nodes[origin], node)
            else { continue }
            let kind = node.kind == .instance ? .node : node.kind
            layers[Layer(container: node.container, kind: kind), default: []].append(index)
        }
        var moved: Set<Int> = []
        for layer in layers.values {
            let ranks = layer.compactMap { pairs.origins[$0] }
            moved.formUnion(DrawingOrder.moved(ranks).map { layer[$0] })
        }
        return moved
    }

    // MARK: Secrets

    private func secret(_ before: FlowNode, _ after: FlowNode) -> NodeChange.Secret? {
        let isKnown = secrets.from != nil && secrets.to != nil
        let old = Self.secret(of: before, isKnown ? secrets.from : nil)
        let new = Self.secret(of: after, isKnown ? secrets.to : nil)
        switch (old, new) {
        case (nil, nil): return nil
        case (nil, .some): return .added
        case (.some, nil): return .removed
        case (let old?, let new?): return isSame(old, new) ? nil : .changed
        }
    }

    private static func secret(of node: FlowNode, _ known: FlowCredentials?) -> JSONValue? {
        if let inline = node.object[FlowNode.credentialsKey], !inline.isNull,
            inline.object?.members.isEmpty != true
        {
            return inline
        }
        return known?[node.id]
    }

    private func hasSecret(_ node: FlowNode, _ known: FlowCredentials?) -> Bool {
        Self.secret(of: node, known) != nil
    }
}
