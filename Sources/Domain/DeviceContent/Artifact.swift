package import Basics

/// A directory of the appliance as one stream in the vault (`TreeFormat`), for devices.
package struct Artifact: Sendable, Equatable {
    package typealias ID = Identifier<Artifact>

    package enum Kind: String, Sendable, CaseIterable {
        /// All of a stack; its name is the stack's id.
        case stack
        /// `node_modules` and package.json of a user directory; its name is the digest of what is
        /// wanted in it.
        case modules
    }

    package var id: ID
    package var kind: Kind
    package var name: String
    package var digest: ContentAddress
    /// Of the stream, in bytes.
    package var size: ByteCount
    /// What compiled parts are built for, as Node.js calls it: `x64`, `arm64`, several with
    /// commas between them, or `any`.
    package var architecture: String
    package var files: Int
    package var madeAt: Timestamp

    package init(
        id: ID, kind: Kind, name: String, digest: ContentAddress, size: ByteCount,
        architecture: String, files: Int, madeAt: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.digest = digest
        self.size = size
        self.architecture = architecture
        self.files = files
        self.madeAt = madeAt
    }
}

extension Artifact {
    /// - Parameters:
    ///   - built: an `architecture`; `nil` where a manifest does not say.
    ///   - machine: as Node.js calls it.
    package static func fits(_ built: String?, on machine: String) -> Bool {
        guard let built, built != "any" else { return true }
        return built.split(separator: ",").contains { $0 == machine }
    }
}

/// The chunks that make one content of the vault, in order. A small content is its only chunk.
package struct ContentChunks: Sendable, Equatable, JSONWritable {
    package struct Chunk: Sendable, Equatable {
        package let digest: ContentAddress
        /// Of what it holds, in bytes.
        package let size: Int
        package init(digest: ContentAddress, size: Int) {
            self.digest = digest
            self.size = size
        }
    }

    package let size: Int
    package let chunks: [Chunk]

    package init(size: Int, chunks: [Chunk]) {
        self.size = size
        self.chunks = chunks
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("size", size)
            json.array("chunks") { json in
                for chunk in chunks {
                    json.object { json in
                        json.field("digest", chunk.digest.hex)
                        json.field("size", chunk.size)
                    }
                }
            }
        }
    }
}
