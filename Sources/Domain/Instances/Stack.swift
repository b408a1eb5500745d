package import Basics

/// Node-RED with its dependencies, read-only, shared by instances.
package struct Stack: Sendable, Equatable {
    package typealias ID = Identifier<Stack>

    package var id: ID
    package var name: Name<Stack>
    package var version: String
    package var nodeRED: String
    /// Of the Node.js that it carries; `nil`: it runs on the one of the system.
    package var node: String?
    package var abi: Int?
    /// `x86_64`, `aarch64`, or `any` where nothing in it is compiled.
    package var architecture: String
    package var size: ByteCount
    package var files: Int
    /// Of the archive it came from.
    package var digest: ContentAddress
    package var addedAt: Timestamp
    package var addedBy: String
    /// How many instances run on it.
    package var instances: Int

    package init(
        id: ID, name: Name<Stack>, version: String, nodeRED: String, node: String?, abi: Int?,
        architecture: String, size: ByteCount, files: Int, digest: ContentAddress,
        addedAt: Timestamp, addedBy: String, instances: Int = 0
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.nodeRED = nodeRED
        self.node = node
        self.abi = abi
        self.architecture = architecture
        self.size = size
        self.files = files
        self.digest = digest
        self.addedAt = addedAt
        self.addedBy = addedBy
        self.instances = instances
    }
}

/// A node package as an instance had it installed.
package struct NodeModule: Sendable, Hashable {
    package var name: String
    package var version: String
    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }
}
