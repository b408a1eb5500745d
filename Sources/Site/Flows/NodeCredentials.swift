import Basics

/// Credentials that stand in the nodes of a flow, as Node-RED's admin API takes them: it moves them
/// into flows_cred.json itself. Whoever writes flows without Node-RED does the same, because flows
/// are shown to people who must not see them.
struct NodeCredentials: Sendable, Equatable {
    /// The flows without them; the same bytes where there are none.
    let flows: [UInt8]
    /// By node id.
    let values: JSONObject

    /// - Parameter flows: a list of nodes with ids.
    init(takingFrom flows: [UInt8]) {
        var found = JSONObject()
        let list = (try? JSONReader.read(flows, limit: flows.count))?.array ?? []
        let nodes = list.map { node -> JSONValue in
            guard var object = node.object, let id = object["id"]?.string,
                let credentials = object["credentials"]?.object, !credentials.members.isEmpty
            else { return node }
            found[id] = .object(credentials)
            object["credentials"] = nil
            return .object(object)
        }
        self.flows = found.members.isEmpty ? flows : JSONValue.array(nodes).json
        values = found
    }

    /// - Parameter others: by node id; those of the nodes win.
    func merged(into others: JSONObject) -> JSONObject {
        var all = others
        for (id, credentials) in values.members { all[id] = credentials }
        return all
    }
}
