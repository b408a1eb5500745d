import Basics

/// A flow without its ids: what each node is, and how it hangs together with others.
struct FlowShape {
    struct Traits {
        var type = Fingerprint()
        var name = Fingerprint()
        var hasName = false
        /// Of all properties but name, place and wires; every reference counts the same.
        var content = Fingerprint()
        var place = Fingerprint()
        /// Among those in the same container.
        var order = Fingerprint()
    }

    struct Edge {
        let relation: Fingerprint
        let target: Int
        /// Whether a change of the target makes this node look different. It does not the other
        /// way round, or one change would reach every user of a broker, and everything in a tab.
        let isTelling: Bool
    }

    let document: FlowDocument
    private(set) var traits: [Traits]
    /// All of them, node by node, those of one node by relation.
    private var edges: [Edge] = []
    /// Where the edges of each node begin; one more at the end.
    private var starts: [Int] = []
    private var found: [(source: Int, edge: Edge)] = []

    private static let backward = Fingerprint("backward")
    private static let container = Fingerprint("container")
    private static let wire = Fingerprint("wire")
    private static let reference = Fingerprint("reference")

    init(_ document: FlowDocument) {
        self.document = document
        traits = [Traits](repeating: Traits(), count: document.nodes.count)
        var seats: [Int?: UInt64] = [:]
        for (index, node) in document.nodes.enumerated() {
            let seat = seats[node.container, default: 0]
            seats[node.container] = seat + 1
            traits[index].order.mix(seat)
            if let container = node.container {
                found.append(
                    (index, Edge(relation: Self.container, target: container, isTelling: true)))
            }
            read(node, at: index)
        }
        found.sort { ($0.source, $0.edge.relation) < ($1.source, $1.edge.relation) }
        edges = found.map(\.edge)
        starts = [Int](repeating: 0, count: document.nodes.count + 1)
        for (source, _) in found { starts[source + 1] += 1 }
        for index in 1..<starts.count { starts[index] += starts[index - 1] }
        found = []
    }

    func edges(of index: Int) -> ArraySlice<Edge> { edges[starts[index]..<starts[index + 1]] }

    private mutating func read(_ node: FlowNode, at index: Int) {
        var trait = traits[index]
        trait.type = Fingerprint(node.type)
        trait.name = Fingerprint(node.name)
        trait.hasName = !node.name.isEmpty
        var content: [Fingerprint] = []
        for (key, value) in node.object.members {
            switch key {
            case "id", "z", "wires", FlowNode.credentialsKey: break
            case "name", "label":
                // What is not the name that people read is content.
                if value.string != node.name {
                    content.append(Fingerprint(key).with(Self.fingerprint(of: value)))
                }
            case "type":
                guard let id = FlowNode.subflow(ofType: node.type),
                    let subflow = document.positions[id]
                else { continue }
                trait.type = Fingerprint(FlowNode.instancePrefix)
                    .with(Fingerprint(document.nodes[subflow].name))
                connect(index, subflow, Self.reference.with(Fingerprint(key)))
            case _ where FlowNode.placeKeys.contains(key):
                trait.place.add(Fingerprint(key).with(Self.fingerprint(of: value)))
            case _ where FlowNode.plainKeys.contains(key):
                content.append(Fingerprint(key).with(Self.fingerprint(of: value)))
            default:
                let name = Fingerprint(key)
                let relation = Self.reference.with(name)
                // Members of a group know their group: its list says nothing more.
                let isList = node.kind == .group && key == "nodes"
                var targets: [Int] = []
                let print = Self.fingerprint(of: value, in: document.positions, &targets)
                for target in targets {
                    connect(index, target, relation, isTelling: !isList)
                }
                if !isList { content.append(name.with(print)) }
            }
        }
        for print in content { trait.content.add(print) }
        traits[index] = trait
        for (port, ids) in (WireChange.read(node.object["wires"]) ?? []).enumerated() {
            var relation = Self.wire
            relation.mix(UInt64(port))
            for id in ids {
                guard let target = document.positions[id] else { continue }
                connect(index, target, relation, isMutual: true)
            }
        }
    }

    private mutating func connect(
        _ source: Int, _ target: Int, _ relation: Fingerprint, isTelling: Bool = true,
        isMutual: Bool = false
    ) {
        found.append((source, Edge(relation: relation, target: target, isTelling: isTelling)))
        found.append(
            (
                target,
                Edge(
                    relation: relation.with(Self.backward), target: source,
                    isTelling: isTelling && isMutual)
            ))
    }

    // MARK: Values

    private static func fingerprint(of value: JSONValue) -> Fingerprint {
        var none: [Int] = []
        return fingerprint(of: value, in: [:], &none)
    }

    /// - Parameter targets: nodes that the value names are appended.
    private static func fingerprint(
        of value: JSONValue, in positions: [String: Int], _ targets: inout [Int]
    ) -> Fingerprint {
        switch value {
        case .null: return Fingerprint(1)
        case .bool(let flag): return Fingerprint(flag ? 2 : 3)
        case .number(let digits): return Fingerprint(digits).with(Fingerprint(4))
        case .string(let text):
            guard !positions.isEmpty, (1...128).contains(text.utf8.count),
                let target = positions[text]
            else {
                return Fingerprint(text)
            }
            targets.append(target)
            return Fingerprint(5)
        case .array(let elements):
            var print = Fingerprint(6)
            for element in elements {
                print.mix(fingerprint(of: element, in: positions, &targets).bits)
            }
            return print
        case .object(let object):
            var print = Fingerprint(7)
            for (key, element) in object.members {
                print.add(
                    Fingerprint(key).with(fingerprint(of: element, in: positions, &targets)))
            }
            return print
        }
    }

    // MARK: Neighbourhood

    /// What each node looks like together with everything that is at most `rounds` steps away.
    func refined(_ base: [Fingerprint], rounds: Int) -> [Fingerprint] {
        var colors = base
        for _ in 0..<rounds {
            var next = colors
            for index in colors.indices {
                var around = Fingerprint()
                for place in starts[index]..<starts[index + 1] where edges[place].isTelling {
                    around.add(edges[place].relation.with(colors[edges[place].target]))
                }
                next[index].mix(around.bits)
            }
            colors = next
        }
        return colors
    }
}
