package import Basics
package import Domain
import Processes

/// A name in a files area, as it was at one moment.
package struct FileItem: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case file, folder
        /// A link, a pipe, a file with a second name: it can be removed and nothing else.
        case other
    }

    package let path: FilePath
    package let kind: Kind
    /// Bytes; 0 for what is no file.
    package let size: Int64
    package let modifiedAt: Timestamp
    /// With its quotes; changes with every write, and is that of nothing else.
    package let etag: String

    init(_ path: FilePath, _ entry: HostileEntry) {
        self.path = path
        switch entry.kind {
        case .file: kind = entry.links > 1 ? .other : .file
        case .folder: kind = .folder
        case .other: kind = .other
        }
        size = kind == .file ? entry.size : 0
        modifiedAt = entry.modifiedAt
        etag = Self.etag(entry)
    }

    private static func etag(_ entry: HostileEntry) -> String {
        func text(_ number: some BinaryInteger) -> String { String(number, radix: 36) }
        return "\"\(text(entry.inode))-\(text(entry.size))-\(text(entry.modified))"
            + "-\(text(entry.changed))\""
    }
}

/// A part of a folder.
package struct FileListing: Sendable, Equatable {
    /// Folders first, then by the bytes of their names.
    package let items: [FileItem]
    /// Names in the folder that match, `FileArea.longestListing` at most.
    package let count: Int
    package let next: [String]?
    /// Names that no path can say, because they are no UTF-8.
    package let unlisted: Int
    /// `false`: the folder holds more names than are looked at.
    package let isComplete: Bool
}
