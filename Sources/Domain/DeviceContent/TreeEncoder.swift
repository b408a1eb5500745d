/// Writes a tree. Whoever calls gives the entries in order, and behind each file's head exactly its
/// content.
package struct TreeEncoder: Sendable {
    package private(set) var entries = 0
    private var last: TreePath?

    package init() {}

    /// What stands first.
    package var start: [UInt8] { TreeFormat.magic }

    /// The head of an entry, and of a link all of it.
    package mutating func head(of entry: TreeEntry) -> [UInt8] {
        assert(last.map { $0 < entry.path } ?? true, "entries out of order at \(entry.path)")
        last = entry.path
        entries += 1
        switch entry.kind {
        case .folder: return head(TreeFormat.folder, false, entry.path.text, 0)
        case .file(let size, let isExecutable):
            return head(TreeFormat.file, isExecutable, entry.path.text, size)
        case .link(let target):
            return head(TreeFormat.link, false, entry.path.text, Int64(target.utf8.count))
                + Array(target.utf8)
        }
    }

    package mutating func finish() -> [UInt8] { head(TreeFormat.end, false, "", Int64(entries)) }

    private func head(
        _ kind: UInt8, _ isExecutable: Bool, _ path: String, _ size: Int64
    ) -> [UInt8] {
        let length = path.utf8.count
        var bytes = [kind, isExecutable ? 1 : 0, UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)]
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: size >> Int64(shift)))
        }
        return bytes + Array(path.utf8)
    }
}
