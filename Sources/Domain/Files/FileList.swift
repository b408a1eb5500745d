package import Basics

/// The files that belong to a version: a JSON list in the vault, in the order of their paths, so
/// that the same files give the same list.
package struct FileList: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package var path: FilePath
        package var size: Int64
        /// `nil`: it was there and was not kept.
        package var digest: ContentAddress?
        package var modifiedAt: Timestamp
        /// Why not.
        package var reason: String?

        package init(
            path: FilePath, size: Int64, digest: ContentAddress?, modifiedAt: Timestamp,
            reason: String? = nil
        ) {
            self.path = path
            self.size = size
            self.digest = digest
            self.modifiedAt = modifiedAt
            self.reason = reason
        }
    }

    package static let mostFiles = 10_000
    package static let largestFile = ByteCount.mebibytes(200)
    /// Of the JSON: 10,000 paths of the greatest length, escaped, would be more; they are cut.
    package static let largestList = ByteCount.mebibytes(32)

    package var entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }

    package var kept: [Entry] { entries.filter { $0.digest != nil } }
    /// Bytes of those that are kept; nobody's list makes it overflow.
    package var size: Int64 {
        kept.reduce(0) { sum, entry in
            let (next, overflow) = sum.addingReportingOverflow(max(0, entry.size))
            return overflow ? .max : next
        }
    }
}

extension FileList: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.array { json in
            for entry in entries {
                json.object { json in
                    json.field("path", entry.path.text)
                    json.field("size", entry.size)
                    json.field("digest", entry.digest?.hex)
                    json.field("modifiedAt", entry.modifiedAt)
                    if let reason = entry.reason { json.field("reason", reason) }
                }
            }
        }
    }

    /// `nil` for what is no such list.
    package init?(_ bytes: [UInt8]) {
        guard let list = try? JSONReader.read(bytes, limit: Self.largestList.bytes).array,
            list.count <= Self.mostFiles
        else { return nil }
        var entries: [Entry] = []
        for value in list {
            guard let path = value["path"]?.string.flatMap({ try? FilePath(validating: $0) }),
                !path.isRoot, let size = value["size"]?.int, size >= 0,
                let time = value["modifiedAt"]?.string.flatMap(Timestamp.init(rfc3339:))
            else { return nil }
            entries.append(
                Entry(
                    path: path, size: size,
                    digest: value["digest"]?.string.flatMap(ContentAddress.init(hex:)),
                    modifiedAt: time, reason: value["reason"]?.string))
        }
        self.entries = entries
    }
}
