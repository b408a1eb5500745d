import Basics

/// A node that differs between two flows, or is in one of them only.
package struct NodeChange: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case added, changed, removed, moved }
    package enum Secret: String, Sendable, CaseIterable { case added, removed, changed }

    /// Place among the nodes of the earlier and of the later document; one of both is there.
    package let from: Int?
    package let to: Int?
    package let change: Kind
    /// It lies elsewhere: on its canvas, in the order of drawing, or in another tab or subflow.
    package let isMoved: Bool
    /// By key; of a node that was added or removed, all. Without wires, credentials, the id, and the
    /// tab that it lies in.
    package let properties: [ValueChange.Member]
    package let wires: WireChange
    /// Never what they are.
    package let credentials: Secret?
}

/// What is kept apart in a comparison of properties.
enum NodeProperties {
    /// Never shown as properties: ids are matched, wires and credentials compared apart.
    private static let hidden: Set<String> = ["id", "wires", FlowNode.credentialsKey]

    /// Of a node that is on one side only.
    static func whole(
        _ object: JSONObject, _ part: (JSONValue) -> ValueChange.PartChange
    ) -> [ValueChange.Member] {
        object.members.compactMap { key, value in
            guard !hidden.contains(key), key != "type", key != "z",
                !FlowNode.placeKeys.contains(key)
            else { return nil }
            return .init(key: key, change: part(masked(value, of: key)))
        }
    }

    static func isHidden(_ key: String) -> Bool { hidden.contains(key) }

    /// Environment variables of tabs, groups and subflows can be secret: then their value belongs
    /// among the credentials and does not stand here, unless somebody wrote the file by hand.
    static func masked(_ value: JSONValue, of key: String) -> JSONValue {
        guard key == "env", let variables = value.array, variables.contains(where: isSecret) else {
            return value
        }
        return .array(
            variables.map { variable in
                guard isSecret(variable), var object = variable.object else { return variable }
                object["value"] = nil
                return .object(object)
            })
    }

    private static func isSecret(_ variable: JSONValue) -> Bool {
        variable["type"]?.string == "cred" && variable["value"] != nil
    }
}
