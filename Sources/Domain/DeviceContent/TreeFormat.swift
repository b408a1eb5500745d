/// `tree/1`: a directory as one stream of bytes, the same for the same files wherever it is made,
/// so that the vault cuts the parts that two of them share alike.
///
/// After the magic line come the entries in the order of their paths, compared name by name, so
/// that a folder stands before what is in it: kind (1 byte), whether it is executable (1), length
/// of the path (2), size of the content (8, all big-endian), the path, the content. A link's content
/// is where it leads. The last entry is `e` with the count of the others as its size. There are no
/// owners, no times, no other modes.
package enum TreeFormat {
    package static let magic = Array("lineside-tree/1\n".utf8)
    package static let longestPath = 4_095
    package static let longestTarget = 1_024
    /// 1 GB: a stack with its own Node.js is 200 MB.
    package static let largestFile: Int64 = 1 << 30
    package static let mostEntries = 500_000
    package static let deepest = 64

    static let headLength = 12
    static let file = UInt8(ascii: "f")
    static let folder = UInt8(ascii: "d")
    static let link = UInt8(ascii: "l")
    static let end = UInt8(ascii: "e")
}

/// What stands in a tree at one path.
package struct TreeEntry: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case folder
        /// Size in bytes.
        case file(size: Int64, isExecutable: Bool)
        /// Relative, and it does not leave the tree.
        case link(to: String)
    }

    package let path: TreePath
    package let kind: Kind

    package init(path: TreePath, kind: Kind) {
        self.path = path
        self.kind = kind
    }
}

/// A place in a tree: names with slashes between them, never empty, `.` or `..`.
package struct TreePath: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let names: [String]

    /// `nil` for anything that could lead elsewhere or that cannot be said in UTF-8.
    package init?(_ text: String) {
        guard (1...TreeFormat.longestPath).contains(text.utf8.count) else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= TreeFormat.deepest else { return nil }
        for part in parts {
            guard !part.isEmpty, part != ".", part != "..", part.utf8.count <= 255,
                !part.utf8.contains(0)
            else { return nil }
        }
        names = parts.map(String.init)
    }

    package var text: String { names.joined(separator: "/") }
    package var description: String { text }
    package var name: String { names[names.count - 1] }
    /// Of the folder that it is in; empty at the top.
    package var parents: ArraySlice<String> { names.dropLast() }

    /// Name by name, so that a folder comes before what is in it and its parts stay together.
    package static func < (left: TreePath, right: TreePath) -> Bool {
        for (one, other) in zip(left.names, right.names) where Array(one.utf8) != Array(other.utf8)
        {
            return one.utf8.lexicographicallyPrecedes(other.utf8)
        }
        return left.names.count < right.names.count
    }

    package static func == (left: TreePath, right: TreePath) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    /// Whether a link here that leads there stays in the tree. Upwards only at its beginning, where
    /// every step is a folder: behind the name of another link `..` would mean something else.
    package func staysInside(to target: String) -> Bool {
        guard !target.isEmpty, !target.hasPrefix("/"), !target.utf8.contains(0),
            target.utf8.count <= TreeFormat.longestTarget
        else { return false }
        let parts = target.split(separator: "/", omittingEmptySubsequences: false)
        let ups = parts.prefix { $0 == ".." }.count
        return ups < names.count
            && parts.dropFirst(ups).allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}
