import Basics
import Domain

/// A node that differs.
struct ComparedNodeView: APIView {
    private let node: ShownComparison.Node
    init(_ node: ShownComparison.Node) { self.node = node }

    static var schema: Schema {
        .object(
            "ComparedNode",
            [
                .field("fromId", .text, optional: true), .field("toId", .text, optional: true),
                .field("type", .text), .field("name", .text),
                .field("kind", .words(FlowNode.Kind.allCases.map(\.rawValue))),
                .field("fromContainer", .text, optional: true),
                .field("toContainer", .text, optional: true),
                .field("change", .words(NodeChange.Kind.allCases.map(\.rawValue))),
                .field("isMoved", .boolean), .field("properties", .list(property)),
                .field(
                    "wires",
                    .object(nil, [.field("added", .list(wire)), .field("removed", .list(wire))])),
                .field(
                    "credentials",
                    .optional(.words(NodeChange.Secret.allCases.map(\.rawValue)))),
            ])
    }

    private static let property = Schema.object(
        "ComparedProperty",
        [
            .field("path", .text), .field("from", .anything, optional: true),
            .field("to", .anything, optional: true),
            .field("lines", .list(line), optional: true),
        ])
    private static let line = Schema.object(
        nil,
        [
            .field("op", .words(LineDifference.Mark.allCases.map(\.rawValue))),
            .field("from", .optional(.integer)), .field("to", .optional(.integer)),
            .field("text", .text),
        ])
    private static let wire = Schema.object(
        nil,
        [
            .field("port", .integer), .field("fromId", .text, optional: true),
            .field("toId", .text, optional: true),
        ])

    func write(to json: inout JSONWriter) {
        json.object { json in
            if let id = node.fromID { json.field("fromId", id) }
            if let id = node.toID { json.field("toId", id) }
            json.field("type", node.type)
            json.field("name", node.name)
            json.field("kind", node.kind.rawValue)
            if let id = node.fromContainer { json.field("fromContainer", id) }
            if let id = node.toContainer { json.field("toContainer", id) }
            json.field("change", node.change.rawValue)
            json.field("isMoved", node.isMoved)
            json.array("properties") { json in
                for property in node.properties { Self.write(property, to: &json) }
            }
            json.object("wires") { json in
                json.array("added") { json in
                    for end in node.wires.added { Self.write(end, to: &json) }
                }
                json.array("removed") { json in
                    for end in node.wires.removed { Self.write(end, to: &json) }
                }
            }
            json.field("credentials", node.credentials?.rawValue)
        }
    }

    private static func write(_ property: PropertyChange, to json: inout JSONWriter) {
        json.object { json in
            json.field("path", property.path)
            if let value = property.from { json.field("from", value) }
            if let value = property.to { json.field("to", value) }
            guard let lines = property.lines else { return }
            json.array("lines") { json in
                for line in lines {
                    json.object { json in
                        json.field("op", line.mark.rawValue)
                        json.field("from", line.from)
                        json.field("to", line.to)
                        json.field("text", line.text)
                    }
                }
            }
        }
    }

    private static func write(_ end: WireChange.End, to json: inout JSONWriter) {
        json.object { json in
            json.field("port", end.port)
            if let id = end.fromID { json.field("fromId", id) }
            if let id = end.toID { json.field("toId", id) }
        }
    }
}
