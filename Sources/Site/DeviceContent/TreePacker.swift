package import Basics
import Domain
import Glibc
import Processes

/// Reads a directory as a tree, piece by piece. Who made it need not be trusted: links that lead
/// out, pipes, sockets and second names of files are left out. Blocks.
package struct TreePacker: ~Copyable {
    private static let piece = 262_144

    private let root: HostileDirectory
    private let entries: [TreeEntry]
    private let added: [String: [UInt8]]
    private var encoder = TreeEncoder()
    private var index = 0
    private var offset: Int64 = 0
    private var file: FileDescriptor?
    private var hasBegun = false
    private var isOver = false
    /// Machines that compiled modules and programs in it are built for, as far as it was read.
    package private(set) var architectures: Set<String> = []

    /// All of a directory.
    /// - Parameters:
    ///   - directory: up to here the path is our own.
    ///   - without: names that are left out at the top.
    /// - Throws: `EFBIG` for what no tree can hold.
    package init(_ directory: String, without: Set<String> = []) throws(SystemError) {
        let top = try HostileDirectory(directory)
        var found: [TreeEntry] = []
        try Self.collect(try top.directory(""), [], without, into: &found)
        entries = found.sorted { $0.path < $1.path }
        added = [:]
        root = top
    }

    /// Parts of a directory, and files that are not in it.
    /// - Parameter only: folders; each with all that is in it.
    package init(
        _ directory: String, only: [String], adding files: [(path: String, bytes: [UInt8])]
    ) throws(SystemError) {
        let top = try HostileDirectory(directory)
        var found: [TreeEntry] = []
        var folders: Set<TreePath> = []
        for folder in only {
            guard let path = TreePath(folder) else { continue }
            // One that lies in another of them is there already.
            if folders.contains(path) { continue }
            for count in 1...path.names.count {
                guard let outer = TreePath(path.names.prefix(count).joined(separator: "/")),
                    folders.insert(outer).inserted
                else { continue }
                found.append(TreeEntry(path: outer, kind: .folder))
            }
            var below: [TreeEntry] = []
            try Self.collect(try top.directory(folder), path.names, [], into: &below)
            for entry in below {
                if entry.kind == .folder, !folders.insert(entry.path).inserted { continue }
                found.append(entry)
            }
        }
        for (name, bytes) in files {
            guard let path = TreePath(name) else { continue }
            found.append(
                TreeEntry(
                    path: path, kind: .file(size: Int64(bytes.count), isExecutable: false)))
        }
        var unique: [TreePath: TreeEntry] = [:]
        for entry in found { unique[entry.path] = entry }
        entries = unique.values.sorted { $0.path < $1.path }
        added = Dictionary(files.map { ($0.path, $0.bytes) }) { _, last in last }
        root = top
    }

    /// Bytes of the files in it.
    package var size: Int64 {
        entries.reduce(0) { sum, entry in
            if case .file(let size, _) = entry.kind { sum + size } else { sum }
        }
    }

    package var files: Int {
        entries.count { if case .file = $0.kind { true } else { false } }
    }

    /// `nil` at the end.
    /// - Throws: `ESTALE` where a file is no longer as long as it was.
    package mutating func next() throws(SystemError) -> [UInt8]? {
        guard !isOver else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(Self.piece * 2)
        if !hasBegun {
            hasBegun = true
            output += encoder.start
        }
        while output.count < Self.piece {
            guard index < entries.count else {
                output += encoder.finish()
                isOver = true
                break
            }
            try read(entries[index], into: &output)
        }
        return output
    }

    private mutating func read(
        _ entry: TreeEntry, into output: inout [UInt8]
    ) throws(SystemError) {
        guard case .file(let size, _) = entry.kind else {
            output += encoder.head(of: entry)
            index += 1
            return
        }
        if let bytes = added[entry.path.text] {
            output += encoder.head(of: entry)
            output += bytes
            index += 1
            return
        }
        if offset == 0 {
            output += encoder.head(of: entry)
            file = try root.open(entry.path.text)
        }
        let wanted = Int(min(Int64(Self.piece), size - offset))
        let bytes = try file?.read(at: offset, count: wanted, entry.path.text) ?? []
        guard bytes.count == wanted else {
            throw SystemError("pack \(entry.path)", code: ESTALE)
        }
        if offset == 0, let kind = ELFHeader.architecture(ofFirst: bytes) {
            architectures.insert(kind)
        }
        output += bytes
        offset += Int64(wanted)
        if offset == size {
            (index, offset) = (index + 1, 0)
            file = nil
        }
    }

    private static func collect(
        _ directory: borrowing HostileDirectory, _ parents: [String], _ without: Set<String>,
        into found: inout [TreeEntry]
    ) throws(SystemError) {
        guard parents.count < TreeFormat.deepest else {
            throw SystemError("pack \(parents.joined(separator: "/"))", code: EFBIG)
        }
        var names: [(String, HostileEntry.Kind)] = []
        let isAll = try directory.forEachName(limit: TreeFormat.mostEntries) { name, kind in
            if let name, !(parents.isEmpty && without.contains(name)) {
                names.append((name, kind))
            }
        }
        guard isAll else { throw SystemError("pack \(names.count) names", code: EFBIG) }
        for (name, kind) in names {
            guard let path = TreePath((parents + [name]).joined(separator: "/")) else { continue }
            guard found.count < TreeFormat.mostEntries else {
                throw SystemError("pack \(path)", code: EFBIG)
            }
            switch kind {
            case .folder:
                found.append(TreeEntry(path: path, kind: .folder))
                try collect(
                    try directory.directory(name), parents + [name], without, into: &found)
            case .file:
                let entry = try directory.entry(name)
                guard entry.kind == .file, entry.links == 1 else { continue }
                guard entry.size <= TreeFormat.largestFile else {
                    throw SystemError("pack \(path)", code: EFBIG)
                }
                found.append(
                    TreeEntry(
                        path: path,
                        kind: .file(
                            size: entry.size, isExecutable: entry.mode & 0o111 != 0)))
            case .other:
                guard let target = directory.link(name), path.staysInside(to: target) else {
                    continue
                }
                found.append(TreeEntry(path: path, kind: .link(to: target)))
            }
        }
    }
}
