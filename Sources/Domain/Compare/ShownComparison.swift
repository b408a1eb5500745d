/// A comparison as people and programs are told of it: ids and names instead of places, long values
/// cut.
package struct ShownComparison: Sendable {
    package struct Node: Sendable {
        package let fromID: String?
        package let toID: String?
        package let type: String
        package let name: String
        package let kind: FlowNode.Kind
        package let fromContainer: String?
        package let toContainer: String?
        package let change: NodeChange.Kind
        package let isMoved: Bool
        package let properties: [PropertyChange]
        package let wires: WireChange
        package let credentials: NodeChange.Secret?
    }

    package struct Container: Sendable {
        package let fromID: String?
        package let toID: String?
        package let kind: ContainerChange.Kind
        package let label: String
        package let change: ContainerChange.Change
        package let counts: ChangeCounts
    }

    /// Nodes, and tabs: ten times the largest flows that anybody has shown us. Two files of empty
    /// nodes would make an answer of hundreds of megabytes.
    private static let longest = 20_000

    package let matchedBy: FlowComparison.Match
    package let counts: ChangeCounts
    package let unchanged: Int
    package let containers: [Container]
    package let nodes: [Node]
    package let warnings: [String]

    package init(_ comparison: FlowComparison) {
        let (from, to) = (comparison.from, comparison.to)
        var allowance = ComparisonAllowance()
        var mixed = 0
        nodes = comparison.nodes.prefix(Self.longest).map { change in
            let before = change.from.map { from.nodes[$0] }
            let after = change.to.map { to.nodes[$0] }
            let named = after ?? before
            var properties: [PropertyChange] = []
            for member in change.properties {
                for var property in PropertyChange.list(
                    of: member, from: before?.object, to: after?.object)
                {
                    allowance.apply(to: &property)
                    if property.lineEndsDiffer { mixed += 1 }
                    properties.append(property)
                }
            }
            return Node(
                fromID: before?.id, toID: after?.id, type: named?.type ?? "",
                name: Self.name(after, before), kind: named?.kind ?? .node,
                fromContainer: before?.container.flatMap { from.nodes[$0].id },
                toContainer: after?.container.flatMap { to.nodes[$0].id },
                change: change.change, isMoved: change.isMoved, properties: properties,
                wires: change.wires, credentials: change.credentials)
        }
        containers = comparison.containers.prefix(Self.longest).map { container in
            let before = container.from.map { from.nodes[$0] }
            let after = container.to.map { to.nodes[$0] }
            return Container(
                fromID: before?.id, toID: after?.id, kind: container.kind,
                label: Self.name(after, before), change: container.change,
                counts: container.counts)
        }
        matchedBy = comparison.matchedBy
        counts = comparison.counts
        unchanged = comparison.unchanged
        warnings =
            comparison.warnings + Self.warnings(cut: allowance.cut, mixed: mixed)
            + Self.warnings(listed: max(comparison.nodes.count, comparison.containers.count))
    }

    private static func warnings(listed: Int) -> [String] {
        guard listed > longest else { return [] }
        return ["Only the first \(longest) of \(listed) differences are listed."]
    }

    private static func name(_ after: FlowNode?, _ before: FlowNode?) -> String {
        let name = after?.name ?? ""
        return String((name.isEmpty ? before?.name ?? "" : name).prefix(200))
    }

    private static func warnings(cut: Int, mixed: Int) -> [String] {
        var warnings: [String] = []
        if cut > 0 {
            let values = cut == 1 ? "1 value is" : "\(cut) values are"
            warnings.append("\(values) too long to be shown whole.")
        }
        if mixed > 0 {
            let texts = mixed == 1 ? "1 text" : "\(mixed) texts"
            warnings.append("The lines of \(texts) end differently: CR LF and LF.")
        }
        return warnings
    }
}
