/// Why bytes are no tree.
package struct TreeError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: String
    /// Bytes before the entry that is wrong.
    package let offset: Int64
    package var description: String { "This is no tree: \(reason), at byte \(offset)." }
}

/// Reads a tree that comes in pieces of any size. Believes nothing: an entry comes only after the
/// folder that it is in, every path once, no link leads out, and every number has a bound. Whoever
/// makes in order what it gives writes below his own directory and through no link.
package struct TreeDecoder: Sendable {
    package enum Event: Sendable, Equatable {
        case entry(TreeEntry)
        /// Of the file that was named last; never empty.
        case content(ArraySlice<UInt8>)
        /// The whole tree was there.
        case end
    }

    private var pending: [UInt8] = []
    private var start = 0
    private var offset: Int64 = 0
    private var hasMagic = false
    private var isOver = false
    /// Of the file that is being read.
    private var contentLeft: Int64 = 0
    private var entries = 0
    private var last: TreePath?
    /// Folders that the last entry was in, the outer ones first, itself too where it is one.
    private var folders: [String] = []

    package init() {}

    /// Whether nothing is missing.
    package var isComplete: Bool { isOver }

    package mutating func append(_ bytes: [UInt8]) {
        if start > 0 {
            pending.removeFirst(start)
            start = 0
        }
        pending += bytes
    }

    /// - Returns: `nil` until more bytes are appended.
    package mutating func next() throws(TreeError) -> Event? {
        if isOver {
            guard available == 0 else { throw error("bytes after its end") }
            return nil
        }
        if contentLeft > 0 {
            guard available > 0 else { return nil }
            let count = Int(min(contentLeft, Int64(available)))
            contentLeft -= Int64(count)
            return .content(take(count))
        }
        if !hasMagic {
            guard available >= TreeFormat.magic.count else { return nil }
            guard take(TreeFormat.magic.count).elementsEqual(TreeFormat.magic) else {
                throw error("its first line is another")
            }
            hasMagic = true
        }
        return try nextEntry()
    }

    private var available: Int { pending.count - start }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let slice = pending[start..<start + count]
        start += count
        offset += Int64(count)
        return slice
    }

    private func error(_ reason: String) -> TreeError {
        TreeError(reason: reason, offset: offset)
    }

    private mutating func nextEntry() throws(TreeError) -> Event? {
        guard available >= TreeFormat.headLength else { return nil }
        let head = pending[start..<start + TreeFormat.headLength]
        let kind = head[start]
        let flag = head[start + 1]
        let length = Int(head[start + 2]) << 8 | Int(head[start + 3])
        let size = head[(start + 4)...].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard flag <= 1, length <= TreeFormat.longestPath, size >= 0,
            size <= TreeFormat.largestFile
        else { throw error("a head with numbers out of bounds") }
        let target = kind == TreeFormat.link ? Int(size) : 0
        guard target <= TreeFormat.longestTarget else { throw error("a link that is too long") }
        guard available >= TreeFormat.headLength + length + target else { return nil }
        if kind == TreeFormat.end {
            guard length == 0, flag == 0, size == entries else {
                throw error("another count of entries than there were")
            }
            _ = take(TreeFormat.headLength)
            isOver = true
            guard available == 0 else { throw error("bytes after its end") }
            return .end
        }
        let text = String(
            validating: pending[
                start + TreeFormat.headLength..<start + TreeFormat.headLength + length],
            as: UTF8.self)
        guard let path = text.flatMap(TreePath.init) else { throw error("a path that is none") }
        let goal = pending[(start + TreeFormat.headLength + length)...].prefix(target)
        let entry = try entry(kind, flag == 1, path, size, goal)
        _ = take(TreeFormat.headLength + length + target)
        return .entry(entry)
    }

    private mutating func entry(
        _ kind: UInt8, _ isExecutable: Bool, _ path: TreePath, _ size: Int64,
        _ goal: ArraySlice<UInt8>
    ) throws(TreeError) -> TreeEntry {
        guard last.map({ $0 < path }) ?? true else { throw error("\(path) out of order") }
        let depth = path.parents.count
        guard depth <= folders.count, same(folders.prefix(depth), path.parents) else {
            throw error("\(path) before its folder")
        }
        entries += 1
        guard entries <= TreeFormat.mostEntries else { throw error("too many entries") }
        folders.removeLast(folders.count - depth)
        last = path
        switch kind {
        case TreeFormat.folder where size == 0 && !isExecutable:
            folders.append(path.name)
            return TreeEntry(path: path, kind: .folder)
        case TreeFormat.file:
            contentLeft = size
            return TreeEntry(path: path, kind: .file(size: size, isExecutable: isExecutable))
        case TreeFormat.link where !isExecutable:
            guard let target = String(validating: goal, as: UTF8.self),
                path.staysInside(to: target)
            else { throw error("\(path) leads out of the tree") }
            return TreeEntry(path: path, kind: .link(to: target))
        default: throw error("an entry of no known kind")
        }
    }

    /// Byte by byte: two spellings of one letter are two names.
    private func same(_ left: ArraySlice<String>, _ right: ArraySlice<String>) -> Bool {
        zip(left, right).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }
}
