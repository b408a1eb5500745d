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
                if member.key == "env", isSecretOnly(before, after) { secret = .changed }
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

    /// Everything that differs but ids that read differently in the later document.
    private func members(_ before: JSONObject, _ after: JSONObject) -> [ValueChange.Member] {
        if references.isIdentity {
            return isSame(before, after) ? [] : ValueChange.members(from: before, to: after)
        }
        var members: [ValueChange.Member] = []
        for (key, value) in before.members {
            guard let other = after[key] else {
                members.append(.init(key: key, change: .removed(value)))
                continue
            }
            guard let change = change(of: key, value, other) else { continue }
            members.append(.init(key: key, change: .changed(change)))
        }
        for (key, value) in after.members where before[key] == nil {
            members.append(.init(key: key, change: .added(value)))
        }
        return members
    }

    private func change(of key: String, _ old: JSONValue, _ new: JSONValue) -> ValueChange? {
        if references.isIdentity || FlowNode.plainKeys.contains(key) { return .between(old, new) }
        guard key == "type" else { return .between(old, new, references) }
        guard let type = old.string.flatMap(FlowNode.subflow(ofType:)),
            let other = new.string.flatMap(FlowNode.subflow(ofType:))
        else { return .between(old, new) }
        return references.likeness(type, other) == .same ? nil : .replaced(from: old, to: new)
    }

    /// `nil` for what a person would not call a difference: a text that happens to be the id of
    /// another node and stayed as it is, and secrets.
    private func shown(
        _ member: ValueChange.Member, _ before: FlowNode, _ after: FlowNode
    ) -> ValueChange.Member? {
        let key = member.key
        switch member.change {
        case .added(let value):
            return .init(key: key, change: .added(NodeProperties.masked(value, of: key)))
        case .removed(let value):
            return .init(key: key, change: .removed(NodeProperties.masked(value, of: key)))
        case .changed(var change):
            if key == "env", let old = before.object[key], let new = after.object[key] {
                guard
                    let open = self.change(
                        of: key, NodeProperties.masked(old, of: key),
                        NodeProperties.masked(new, of: key))
                else { return nil }
                change = open
            }
            if references.isIdentity || FlowNode.plainKeys.contains(key) {
                return .init(key: key, change: .changed(change))
            }
            if key == "type", let type = FlowNode.subflow(ofType: before.type),
                let other = FlowNode.subflow(ofType: after.type),
                references.likeness(type, other) == .kept
            {
                return nil
            }
            return change.shown(references).map { .init(key: key, change: .changed($0)) }
        }
    }

    // MARK: Wires

    private func wires(_ before: FlowNode, _ after: FlowNode) -> WireChange? {
        guard let old = WireChange.read(before.object["wires"]),
            let new = WireChange.read(after.object["wires"])
        else { return nil }
        return .between(
            old, new, later: later, earlier: earlier, isKnownTwice: references.isKnownTwice)
    }

    private func later(_ id: String) -> String? {
        if references.isIdentity { return to.positions[id] == nil ? nil : id }
        guard let place = from.positions[id], let partner = pairs.partners[place],
            let other = to.nodes[partner].id, to.positions[other] == partner
        else { return nil }
        return other
    }

    private func earlier(_ id: String) -> String? {
        if references.isIdentity { return from.positions[id] == nil ? nil : id }
        guard let place = to.positions[id], let origin = pairs.origins[place],
            let other = from.nodes[origin].id, from.positions[other] == origin
        else { return nil }
        return other
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

    private func isSecretOnly(_ before: FlowNode, _ after: FlowNode) -> Bool {
        guard let old = before.object["env"], let new = after.object["env"] else { return false }
        return change(of: "env", old, new)?.shown(references) != nil
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
