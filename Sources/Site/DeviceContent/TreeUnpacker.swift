package import Basics
package import Domain
import Glibc
import Processes

/// Why a tree did not become a directory. What is there of it stays, and another try goes on.
package enum TreeUnpackFault: Error, Sendable, Equatable, CustomStringConvertible {
    case damaged(TreeError)
    /// It ended too early.
    case unfinished
    case tooLarge(ByteCount)
    case full
    case system(SystemError)

    package var description: String {
        switch self {
        case .damaged(let error): error.description
        case .unfinished: "The tree ends too early."
        case .tooLarge(let limit): "The tree is larger than \(limit.bytes >> 20) MB."
        case .full: "The disk is full; what was there before is whole."
        case .system(let error): "The tree cannot be unpacked: \(error)."
        }
    }

    init(_ error: SystemError) { self = error.isFull ? .full : .system(error) }
}

/// Makes a directory what a tree says: all of it, and nothing else. Any step may be done twice: what
/// is there already and is the same is not written again, so that an unpacking that a power cut
/// ended goes on where it was. Follows no link and leaves the directory by none. Blocks.
package struct TreeUnpacker: ~Copyable {
    /// 4 GB: what a device may be asked to keep.
    package static let largest = ByteCount(4 << 30)

    private let path: String
    private let limit: ByteCount
    private let root: HostileDirectory
    private var decoder = TreeDecoder()
    private var size = 0
    private var file: UnpackedFile?
    /// Names that belong into each folder that is open, the outer ones first.
    private var open: [Folder] = [Folder(path: "")]
    /// Files that were written anew.
    package private(set) var written = 0

    private struct Folder {
        let path: String
        var names: Set<String> = []
    }

    /// - Parameter directory: made where it is missing; up to here the path is our own.
    package init(
        into directory: String, limit: ByteCount = TreeUnpacker.largest
    ) throws(TreeUnpackFault) {
        path = directory
        self.limit = limit
        do throws(SystemError) {
            try Files.makeDirectory(directory, mode: 0o755)
            root = try HostileDirectory(directory)
        } catch { throw TreeUnpackFault(error) }
    }

    /// Pieces of any size.
    package mutating func append(_ bytes: [UInt8]) throws(TreeUnpackFault) {
        size += bytes.count
        guard size <= limit.bytes else { throw .tooLarge(limit) }
        decoder.append(bytes)
        while true {
            let event: TreeDecoder.Event?
            do throws(TreeError) { event = try decoder.next() } catch { throw .damaged(error) }
            guard let event else { return }
            do throws(SystemError) { try take(event) } catch { throw TreeUnpackFault(error) }
        }
    }

    /// When it returns, the directory is what the tree says, and survives a power cut.
    package mutating func finish() throws(TreeUnpackFault) {
        guard decoder.isComplete else { throw .unfinished }
        do throws(SystemError) {
            try close(to: 0)
            try root.syncFileSystem()
            try Files.syncDirectory(Files.parent(of: path))
        } catch { throw TreeUnpackFault(error) }
    }

    private mutating func take(_ event: TreeDecoder.Event) throws(SystemError) {
        switch event {
        case .content(let bytes): try file?.append(Array(bytes))
        case .entry(let entry):
            try finishFile()
            try close(to: entry.path.parents.count + 1)
            open[open.count - 1].names.insert(entry.path.name)
            try make(entry)
        case .end: try finishFile()
        }
    }

    private mutating func finishFile() throws(SystemError) {
        guard let done = file.take() else { return }
        if done.isWritten { written += 1 }
        try done.finish()
    }

    private mutating func make(_ entry: TreeEntry) throws(SystemError) {
        let parent = try root.directory(entry.path.parents.joined(separator: "/"))
        let name = entry.path.name
        let present = try? parent.entry(name)
        switch entry.kind {
        case .folder:
            if let present, present.kind != .folder { try remove(entry.path) }
            if present?.kind != .folder { try parent.makeDirectory(name, mode: 0o755) }
            open.append(Folder(path: entry.path.text))
        case .link(let target):
            if present != nil {
                if parent.link(name) == target { return }
                try remove(entry.path)
            }
            try parent.makeLink(name, to: target)
        case .file(let size, let isExecutable):
            let mode: UInt32 = isExecutable ? 0o755 : 0o644
            if let present, present.kind == .file, present.links == 1, present.size == size,
                let same = try? parent.open(name, O_RDWR)
            {
                file = UnpackedFile(same, entry.path.text, mode: mode, isNew: false)
                return
            }
            if present != nil { try remove(entry.path) }
            file = UnpackedFile(
                try parent.open(name, O_RDWR | O_CREAT | O_EXCL, mode: mode), entry.path.text,
                mode: mode, isNew: true)
        }
    }

    private func remove(_ entry: TreePath) throws(SystemError) {
        try Files.removeTree("\(path)/\(entry.text)")
    }

    /// Ends the folders that are deeper, and takes out of each what does not belong there.
    private mutating func close(to depth: Int) throws(SystemError) {
        while open.count > depth {
            let folder = open.removeLast()
            let directory = try root.directory(folder.path)
            var others: [String] = []
            let isAll = try directory.forEachName(limit: TreeFormat.mostEntries) {
                (name, _) throws(SystemError) in
                // A name that is no text cannot be one of ours.
                guard let name else { throw SystemError("read \(folder.path)", code: EILSEQ) }
                if !folder.names.contains(name) { others.append(name) }
            }
            guard isAll else { throw SystemError("read \(folder.path)", code: EFBIG) }
            for name in others {
                let below = folder.path.isEmpty ? name : "\(folder.path)/\(name)"
                try Files.removeTree("\(path)/\(below)")
            }
        }
    }
}

/// One file on its way to what it shall be: as long as the bytes on the disk are the same, they are
/// only read.
struct UnpackedFile: ~Copyable {
    private let file: FileDescriptor
    private let name: String
    private let mode: UInt32
    private var offset: Int64 = 0
    private(set) var isWritten: Bool

    init(
        _ file: consuming FileDescriptor, _ name: String, mode: UInt32, isNew: Bool
    ) {
        self.file = file
        self.name = name
        self.mode = mode
        isWritten = isNew
    }

    mutating func append(_ bytes: [UInt8]) throws(SystemError) {
        if !isWritten {
            if try file.read(at: offset, count: bytes.count, name) == bytes {
                offset += Int64(bytes.count)
                return
            }
            isWritten = true
        }
        guard lseek(file.raw, off_t(offset), SEEK_SET) >= 0 else {
            throw SystemError("write \(name)")
        }
        try Files.write(bytes, to: file, name)
        offset += Int64(bytes.count)
    }

    consuming func finish() throws(SystemError) {
        guard fchmod(file.raw, mode) == 0 else { throw SystemError("chmod \(name)") }
    }
}
