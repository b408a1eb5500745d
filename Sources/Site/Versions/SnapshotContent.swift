package import Basics
package import Domain

/// What a snapshot holds, in no format yet and in clear. Lives no longer than the request that
/// brought it or asked for it.
package struct SnapshotContent: Sendable, Equatable {
    package struct Variable: Sendable, Equatable {
        package var name: String
        /// `nil` where only the name is known.
        package var value: String?
        package var isSecret: Bool

        package init(name: String, value: String?, isSecret: Bool = false) {
            self.name = name
            self.value = value
            self.isSecret = isSecret
        }
    }

    /// Empty where the format has none.
    package var name: String
    package var note: String
    package var createdAt: Timestamp?
    /// A list of nodes, each with an id of its own and a type, none with credentials in it.
    package private(set) var flows: JSONValue
    /// By node id; `nil` for none.
    package var credentials: JSONObject?
    package var modules: [NodeModule]
    package var variables: [Variable]

    /// Modules, and variables: Lineside itself writes down 200 modules at most. The rows of lists
    /// hold their names.
    private static let mostEntries = 1_000

    /// Credentials that stand in the nodes themselves, as Node-RED's admin API takes them, move to
    /// the others: flows are shown to people who must not see them.
    /// - Throws: `.invalidFile` for what is no list of nodes.
    package init(
        name: String = "", note: String = "", createdAt: Timestamp? = nil, flows: JSONValue,
        credentials: JSONObject? = nil, modules: [NodeModule] = [], variables: [Variable] = []
    ) throws(VersionFault) {
        self.name = name
        self.note = note
        self.createdAt = createdAt
        self.modules = modules
        self.variables = variables
        var found = credentials ?? JSONObject()
        var nodes: [JSONValue] = []
        var ids: Set<String> = []
        guard let list = flows.array else { throw Self.noFlows }
        for node in list {
            guard var object = node.object, let id = object["id"]?.string, !id.isEmpty,
                object["type"]?.string != nil
            else { throw Self.noFlows }
            guard ids.insert(id).inserted else {
                throw .invalidFile("The file's flows hold the id \(id) twice.")
            }
            if let values = object["credentials"]?.object {
                found[id] = .object(values)
                object["credentials"] = nil
            }
            nodes.append(.object(object))
        }
        self.flows = .array(nodes)
        self.credentials = found.members.isEmpty ? nil : found
        try check()
    }

    /// Leaves the names of its variables.
    package mutating func forgetValues() {
        for index in variables.indices { variables[index].value = nil }
    }

    /// - Throws: `.invalidFile` for more modules and variables, or longer names of them, than a
    ///   snapshot holds.
    func check() throws(VersionFault) {
        guard max(modules.count, variables.count) <= Self.mostEntries else {
            throw .invalidFile(
                "The file names more than \(Self.mostEntries) modules or environment variables.")
        }
        guard modules.allSatisfy({ $0.version.utf8.count <= 256 })
        else {
            throw .invalidFile("The file names a version of a module of more than 256 letters.")
        }
        guard variables.allSatisfy({ $0.name.utf8.count <= 128 }) else {
            throw .invalidFile("The file names an environment variable of more than 128 letters.")
        }
        guard Set(variables.map(\.name)).count == variables.count else {
            throw .invalidFile("The file names an environment variable twice.")
        }
    }

    private static var noFlows: VersionFault {
        .invalidFile("The file's flows are not a list of nodes with id and type.")
    }

    /// Names and exact versions as a map in files.
    static func modules(_ object: JSONObject?) -> [NodeModule] {
        (object ?? JSONObject()).members.compactMap { name, version in
            guard InstanceFiles.isPackageName(name) else { return nil }
            return version.string.map { NodeModule(name: name, version: $0) }
        }
    }
}

/// As they are kept beside a snapshot, sealed.
extension SnapshotContent.Variable: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", name)
            json.field("value", value)
            json.field("secret", isSecret)
        }
    }

    static func list(_ bytes: [UInt8]) -> [SnapshotContent.Variable] {
        let list = (try? JSONReader.read(bytes, limit: bytes.count))?.array ?? []
        return list.compactMap { entry in
            entry["name"]?.string.map {
                .init(
                    name: $0, value: entry["value"]?.string,
                    isSecret: entry["secret"]?.bool ?? false)
            }
        }
    }
}
