import CAssets

/// The files inside the executable: web page, our JavaScript for Node-RED, recipes. Their paths
/// begin with `/web`, `/node-red`, `/practice-runtime` or `/recipes`. There are none in an
/// executable that was built without `appliance/build`.
package enum EmbeddedFiles {
    package struct File: Sendable {
        package let path: String
        /// SHA-256 of the bytes, 64 hexadecimal digits.
        package let digest: String
        /// The bytes live as long as the process.
        package var bytes: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: start, count: count)
        }
        // Constant data of the executable: nothing ever writes it.
        private nonisolated(unsafe) let start: UnsafePointer<UInt8>
        private let count: Int

        fileprivate init(_ file: cassets_file) {
            path = String(cString: file.path)
            digest = String(cString: file.digest)
            start = file.bytes
            count = file.count
        }
    }

    package static func find(_ path: String) -> File? {
        cassets_find(path).map { File($0.pointee) }
    }

    /// The bytes live as long as the process.
    package static func file(_ path: String) -> UnsafeRawBufferPointer? { find(path)?.bytes }

    /// All files whose path begins so, sorted by path.
    package static func files(under prefix: String) -> [File] {
        UnsafeBufferPointer(start: cassets_files(), count: cassets_count())
            .map(File.init).filter { $0.path.hasPrefix(prefix) }
    }
}
