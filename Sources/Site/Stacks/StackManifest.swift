package import Basics
package import Domain

/// `stack.json` in the directory of a stack: what it is, as the archive said when it came.
package struct StackManifest: Sendable, Equatable, JSONWritable {
    static let fileName = "stack.json"
    private static let format = "lineside-stack/1"

    package var name: Name<Stack>
    package var version: String
    package var nodeRED: String
    package var node: String?
    package var abi: Int?
    package var architecture: String
    package var files: Int
    package var size: ByteCount
    package var digest: ContentAddress
    package var addedAt: Timestamp
    package var addedBy: String

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("format", Self.format)
            json.field("name", name.text)
            json.field("version", version)
            json.field("nodeRED", nodeRED)
            json.field("node", node)
            json.field("abi", abi)
            json.field("architecture", architecture)
            json.field("files", files)
            json.field("bytes", size.bytes)
            json.field("sha256", digest.hex)
            json.field("addedAt", addedAt)
            json.field("addedBy", addedBy)
        }
    }

    /// `nil` for anything that `write` does not write.
    init?(_ bytes: [UInt8]) {
        guard let object = try? JSONReader.read(bytes, limit: 65_536).object,
            object["format"]?.string == Self.format, let name = object["name"]?.string,
            let version = object["version"]?.string, let nodeRED = object["nodeRED"]?.string,
            let architecture = object["architecture"]?.string,
            let files = object["files"]?.int, let size = object["bytes"]?.int,
            let digest = object["sha256"]?.string.flatMap(ContentAddress.init(hex:)),
            let addedAt = object["addedAt"]?.string.flatMap(Timestamp.init(rfc3339:)),
            let addedBy = object["addedBy"]?.string
        else { return nil }
        self.name = Name(stored: name)
        self.version = version
        self.nodeRED = nodeRED
        node = object["node"]?.string
        abi = object["abi"]?.int.flatMap { Int(exactly: $0) }
        self.architecture = architecture
        self.files = Int(files)
        self.size = ByteCount(Int(size))
        self.digest = digest
        self.addedAt = addedAt
        self.addedBy = addedBy
    }

    init(
        name: Name<Stack>, contents: StackContents, tree: StackTree, digest: ContentAddress,
        addedAt: Timestamp, addedBy: String
    ) {
        self.name = name
        version = contents.version
        nodeRED = contents.nodeRED
        node = contents.node
        abi = contents.abi
        architecture = contents.architecture
        files = tree.files
        size = tree.size
        self.digest = digest
        self.addedAt = addedAt
        self.addedBy = addedBy
    }

    package func stack(id: Stack.ID) -> Stack {
        Stack(
            id: id, name: name, version: version, nodeRED: nodeRED, node: node, abi: abi,
            architecture: architecture, size: size, files: files, digest: digest,
            addedAt: addedAt, addedBy: addedBy)
    }
}
