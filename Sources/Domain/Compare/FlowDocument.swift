package import Basics

/// The nodes of a flows.json, looked at from outside: whatever a list of JSON values holds is taken,
/// twice the same id, wires into nothing and entries that are no nodes included.
package struct FlowDocument: Sendable {
    package let nodes: [FlowNode]
    /// Entries that are no objects, with their places in the list.
    package let strays: [Stray]
    /// Where each node stands in the list; rises.
    let places: [Int]
    /// Of an id that stands there twice, the first.
    let positions: [String: Int]

    package struct Stray: Sendable, Equatable {
        package let place: Int
        package let value: JSONValue
    }

    /// 2,000,000 values: 100,000 nodes of 20 fields, in some 100 MB of memory.
    package static let largest = 2_000_000

    /// - Throws: `.tooLarge` beyond `largest` values.
    package init(reading flows: [UInt8]) throws(FlowFault) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(flows, limit: flows.count, values: Self.largest)
        } catch {
            guard error.reason != .tooLarge else { throw .tooLarge }
            throw .notJSON(error)
        }
        guard let entries = value.array else { throw .notAList }
        self.init(entries)
    }

    package init(_ entries: [JSONValue]) {
        var objects: [JSONObject] = []
        var places: [Int] = []
        var strays: [Stray] = []
        objects.reserveCapacity(entries.count)
        for (place, entry) in entries.enumerated() {
            if let object = entry.object {
                objects.append(object)
                places.append(place)
            } else {
                strays.append(Stray(place: place, value: entry))
            }
        }
        var nodes = objects.map(FlowNode.init)
        var positions: [String: Int] = Dictionary(minimumCapacity: nodes.count)
        for (index, node) in nodes.enumerated() {
            guard let id = node.id, positions[id] == nil else { continue }
            positions[id] = index
        }
        for index in nodes.indices where !nodes[index].isContainer {
            guard let z = nodes[index].object["z"]?.string, let place = positions[z],
                nodes[place].isContainer
            else { continue }
            nodes[index].container = place
        }
        self.nodes = nodes
        self.places = places
        self.strays = strays
        self.positions = positions
    }

    /// Nodes that share their id with one before them.
    var doubles: Int { nodes.count(where: { $0.id != nil }) - positions.count }

    /// "12 nodes on 2 tabs"
    package var contents: String {
        let tabs = nodes.count { $0.kind == .tab }
        let others = nodes.count - tabs
        return "\(others) \(others == 1 ? "node" : "nodes") on "
            + "\(tabs) \(tabs == 1 ? "tab" : "tabs")"
    }
}

/// Why bytes are no flows.
package enum FlowFault: Error, Sendable, Equatable {
    case notJSON(JSONError)
    case notAList
    case tooLarge

    /// Follows what it is about in a sentence: "is no list of nodes".
    package var reason: String {
        switch self {
        case .notJSON(let error): "is no JSON: it \(error.reason.rawValue) at byte \(error.offset)"
        case .notAList: "is no list of nodes"
        case .tooLarge: "holds more than \(FlowDocument.largest) values"
        }
    }
}
