package import Basics

/// Clear credentials of the nodes of a flow, by node id. Kept only to be compared.
package struct FlowCredentials: Sendable {
    private let values: JSONObject

    package init(_ values: JSONObject) { self.values = values }

    /// What a node without credentials has is nothing.
    subscript(id: String?) -> JSONValue? {
        guard let id, let value = values[id], value.object?.members.isEmpty == false else {
            return nil
        }
        return value
    }
}

/// The credentials of both sides; `nil` where they are not known, and then not compared.
package struct FlowSecrets: Sendable {
    package var from: FlowCredentials?
    package var to: FlowCredentials?

    package init(from: FlowCredentials? = nil, to: FlowCredentials? = nil) {
        self.from = from
        self.to = to
    }
}
