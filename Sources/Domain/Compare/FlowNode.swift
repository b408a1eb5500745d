package import Basics

/// One node of a flow, a tab, a subflow or a group.
package struct FlowNode: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case node, config, group, tab, subflow
        /// Of a subflow.
        case instance
    }

    package let object: JSONObject
    /// A number counts as its digits; an empty text is none.
    package let id: String?
    /// Empty where there is none.
    package let type: String
    /// What a person reads: the name, of a tab its label. Empty where there is none.
    package let name: String
    package let kind: Kind
    /// Place of its tab or subflow among the nodes of the document; `nil`: it lies in none.
    package internal(set) var container: Int?

    init(_ object: JSONObject) {
        self.object = object
        type = object["type"]?.string ?? ""
        switch object["id"] {
        case .string(let text): id = text.isEmpty ? nil : text
        case .number(let digits): id = digits
        default: id = nil
        }
        kind = Self.kind(of: type, object)
        let label = object["label"]?.string ?? ""
        let name = object["name"]?.string ?? ""
        self.name = kind == .tab || name.isEmpty ? (label.isEmpty ? name : label) : name
    }

    var isContainer: Bool { kind == .tab || kind == .subflow }

    /// As Node-RED tells them apart where it does not know the type: what has no place on a canvas
    /// is a configuration node.
    private static func kind(of type: String, _ object: JSONObject) -> Kind {
        switch type {
        case "tab": return .tab
        case "subflow": return .subflow
        case "group": return .group
        default:
            guard object["x"] != nil, object["y"] != nil else { return .config }
            return type.hasPrefix(Self.instancePrefix) ? .instance : .node
        }
    }

    static let instancePrefix = "subflow:"

    /// Id of the subflow that an instance of this type is of.
    static func subflow(ofType type: String) -> String? {
        type.hasPrefix(instancePrefix) ? String(type.dropFirst(instancePrefix.count)) : nil
    }

    /// Where it lies on its canvas.
    static let placeKeys: Set<String> = ["x", "y", "w", "h"]
    /// Texts that people write, and what is compared apart: never a reference to another node.
    static let plainKeys: Set<String> = [
        "id", "name", "label", "info", "func", "initialize", "finalize", "x", "y", "w", "h",
    ]
    /// Node-RED keeps credentials in a file of their own; flows that were exported with them, or
    /// written by hand, hold them here.
    static let credentialsKey = "credentials"
}
