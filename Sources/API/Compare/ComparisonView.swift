package import Basics
import Domain
package import Site

/// A comparison as the API shows it.
package struct ComparisonView: APIView {
    private let compared: ComparedFlows
    package init(_ compared: ComparedFlows) { self.compared = compared }

    package static var schema: Schema {
        .object(
            "Comparison",
            [
                .field("from", ComparedSideView.schema), .field("to", ComparedSideView.schema),
                .field("matchedBy", .words(["id", "name"])), .field("identical", .boolean),
                .field("summary", summary), .field("containers", .list(container)),
                .field("nodes", .list(ComparedNodeView.schema)), .field("modules", .list(module)),
                .field("environment", .list(variable)), .field("warnings", .list(.text)),
            ])
    }

    private static let counts: [Schema.Field] = ["added", "removed", "changed", "moved"]
        .map { .field($0, .integer) }
    private static let summary = Schema.object(nil, counts + [.field("unchanged", .integer)])
    private static let container = Schema.object(
        "ComparedContainer",
        [
            .field("fromId", .text, optional: true), .field("toId", .text, optional: true),
            .field("kind", .words(ContainerChange.Kind.allCases.map(\.rawValue))),
            .field("label", .text),
            .field("change", .words(ContainerChange.Change.allCases.map(\.rawValue))),
        ] + counts)
    private static let module = Schema.object(
        nil,
        [
            .field("name", .text), .field("from", .optional(.text)), .field("to", .optional(.text)),
        ])
    private static let variable = Schema.object(
        nil,
        [
            .field("name", .text),
            .field(
                "change", .words(SurroundingsChange.Variable.Change.allCases.map(\.rawValue))),
        ])

    package func write(to json: inout JSONWriter) {
        let flows = compared.flows
        json.object { json in
            json.field("from", ComparedSideView(compared.from))
            json.field("to", ComparedSideView(compared.to))
            json.field("matchedBy", flows.matchedBy.rawValue)
            json.field("identical", compared.isIdentical)
            json.object("summary") { json in
                Self.write(flows.counts, to: &json)
                json.field("unchanged", flows.unchanged)
            }
            json.array("containers") { json in
                for container in flows.containers { Self.write(container, to: &json) }
            }
            json.array("nodes") { json in
                for node in flows.nodes { json.value(ComparedNodeView(node)) }
            }
            json.array("modules") { json in
                for module in compared.surroundings.modules {
                    json.object { json in
                        json.field("name", module.name)
                        json.field("from", module.from)
                        json.field("to", module.to)
                    }
                }
            }
            json.array("environment") { json in
                for variable in compared.surroundings.environment {
                    json.object { json in
                        json.field("name", variable.name)
                        json.field("change", variable.change.rawValue)
                    }
                }
            }
            json.field("warnings", compared.warnings)
        }
    }

    private static func write(_ counts: ChangeCounts, to json: inout JSONWriter) {
        json.field("added", counts.added)
        json.field("removed", counts.removed)
        json.field("changed", counts.changed)
        json.field("moved", counts.moved)
    }

    private static func write(
        _ container: ShownComparison.Container, to json: inout JSONWriter
    ) {
        json.object { json in
            if let id = container.fromID { json.field("fromId", id) }
            if let id = container.toID { json.field("toId", id) }
            json.field("kind", container.kind.rawValue)
            json.field("label", container.label)
            json.field("change", container.change.rawValue)
            write(container.counts, to: &json)
        }
    }
}

/// One of the two sides.
struct ComparedSideView: APIView {
    private let side: ComparedSide
    init(_ side: ComparedSide) { self.side = side }

    static var schema: Schema {
        .object(
            "ComparedSide",
            [
                .field("kind", .words(ComparedSide.Kind.allCases.map(\.rawValue))),
                .field("id", .optional(.identifier)), .field("label", .text),
                .field("at", .optional(.time)), .field("by", .optional(.text)),
                .field("instanceId", .optional(.identifier)),
                .field("flowsUrl", .optional(.text)), .field("nodes", .integer),
            ])
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("kind", side.kind.rawValue)
            json.field("id", side.id)
            json.field("label", side.label)
            json.field("at", side.at)
            json.field("by", side.by)
            json.field("instanceId", side.instanceID)
            json.field("flowsUrl", address)
            json.field("nodes", side.nodes)
        }
    }

    /// Of the very flows that were compared, as a list of nodes.
    private var address: String? {
        if let version = side.version {
            return "/api/v1/instances/\(version.instanceID)/versions/\(version.id)/flows"
        }
        guard side.kind == .snapshot, let id = side.id else { return nil }
        return "/api/v1/snapshots/\(id)/flows"
    }
}
