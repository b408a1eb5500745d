import Basics
import CArchive
import Glibc

/// Why an archive was not unpacked.
package enum UnpackFault: Error, Sendable, Equatable {
    case refused(String)
    case full
    case failed(String)
}

/// What an archive may at most hold.
package struct UnpackLimits: Sendable {
    /// 4 GB: forty times Node-RED with its dependencies and a Node.js.
    package var totalBytes: Int64 = 4 << 30
    package var fileBytes: Int64 = 1 << 30
    package var files = 400_000
    /// Of those, how many are written.
    package var written = 400_000
    package var depth = 64
    /// Decompressed to compressed. Sources compress 5:1; a bomb 1000:1.
    package var ratio: Int64 = 200
    /// Below this the ratio says nothing.
    package var ratioApplies: Int64 = 10 << 20
    package init() {}
}

/// Writes what an archive holds into an empty directory: regular files and directories, none of
/// them outside of it, none twice, and never more than the limits allow. Whatever the archive says
/// about owners, times and special modes is ignored.
package struct Unpacker: ~Copyable {
    private let directory: Int32
    private let limits: UnpackLimits
    private let selection: UnpackSelection
    private var made: Set<String> = []
    private var entries = 0
    private var written = 0
    private var bytes: Int64 = 0

    /// - Parameter directory: stays the caller's.
    package init(
        directory: Int32, limits: UnpackLimits = UnpackLimits(),
        _ selection: UnpackSelection = .everything
    ) {
        self.directory = directory
        self.limits = limits
        self.selection = selection
    }

    package mutating func unpack(_ descriptor: Int32) throws(UnpackFault) {
        guard var archive = ArchiveReader(descriptor: descriptor, zip: selection.takesZip)
        else {
            throw .failed("libarchive13 is not installed.")
        }
        while let entry = try archive.next() {
            entries += 1
            guard entries <= limits.files else {
                throw .refused("The archive holds more than \(limits.files) files.")
            }
            try checkRatio(archive)
            let path = try Self.checked(entry.path, depth: limits.depth)
            switch entry.kind {
            case .other where selection.passesOverLinks: break
            case .file where !selection.takes(path): break
            case .directory where selection != .everything: break
            case .directory: try makeDirectory(path)
            case .file: try write(path, entry, from: &archive)
            case .other:
                throw .refused(
                    "The archive holds a link, device or pipe (\(Self.shown(path))). "
                        + "Pack the stack with npm pack, which makes none.")
            }
        }
        guard entries > 0 else { throw .refused("The archive is empty.") }
    }

    /// The path without `./` in front and `/` at the end.
    static func checked(_ path: String?, depth: Int) throws(UnpackFault) -> String {
        guard let path else { throw .refused("The archive holds a name that is not UTF-8.") }
        let name = shown(path)
        guard path.utf8.count < 4096 else {
            throw .refused("The archive holds a name of more than 4095 bytes (\(name)).")
        }
        guard !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw .refused("The archive holds a name with control characters (\(name)).")
        }
        guard !path.utf8.starts(with: [UInt8(ascii: "/")]) else {
            throw .refused("The archive holds an absolute path (\(name)).")
        }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"))
            .filter { !$0.elementsEqual([UInt8(ascii: ".")]) }
        guard !parts.contains(where: { $0.elementsEqual([0x2E, 0x2E]) }) else {
            throw .refused("The archive holds a path that leads out of it (\(name)).")
        }
        guard parts.count <= depth else {
            throw .refused("The archive holds folders more than \(depth) deep (\(name)).")
        }
        guard !parts.contains(where: { $0.count > 255 }) else {
            throw .refused("The archive holds a name of more than 255 bytes (\(name)).")
        }
        return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    /// A stranger's name as it may stand in a sentence.
    private static func shown(_ path: String) -> String {
        let safe = path.unicodeScalars.map { scalar -> Character in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                ? "\u{FFFD}" : Character(scalar)
        }
        return safe.count <= 100 ? String(safe) : String(safe.prefix(99)) + "…"
    }

    private func checkRatio(_ archive: borrowing ArchiveReader) throws(UnpackFault) {
        let produced = max(archive.produced, bytes)
        guard
            produced <= limits.ratioApplies
                || produced / limits.ratio <= max(archive.consumed, 1)
        else {
            throw .refused(
                "The archive unpacks to more than \(limits.ratio) times its size: "
                    + "it is no stack.")
        }
        // Headers count too: each entry of a tar has 512 bytes of them.
        guard produced <= limits.totalBytes + Int64(limits.files) * 2048 else { throw tooLarge() }
    }

    private func tooLarge() -> UnpackFault {
        .refused("The archive unpacks to more than \(limits.totalBytes >> 20) MB.")
    }

    private mutating func makeDirectory(_ path: String) throws(UnpackFault) {
        guard !path.isEmpty, !made.contains(path) else { return }
        if let slash = path.lastIndex(of: "/") { try makeDirectory(String(path[..<slash])) }
        guard carchive_make_directory(directory, path, 0o755) == 0 else {
            if errno == EEXIST { throw twice(path) }
            throw failure("mkdir", path)
        }
        made.insert(path)
    }

    private mutating func write(
        _ path: String, _ entry: ArchiveReader.Entry, from archive: inout ArchiveReader
    ) throws(UnpackFault) {
        guard !path.isEmpty else { throw .refused("The archive holds a file without a name.") }
        written += 1
        guard written <= limits.written else {
            throw .refused("The archive holds more than \(limits.written) files of use.")
        }
        guard entry.size ?? 0 <= limits.fileBytes else { throw fileTooLarge(path) }
        if let slash = path.lastIndex(of: "/") { try makeDirectory(String(path[..<slash])) }
        let mode: mode_t = entry.isExecutable ? 0o755 : 0o644
        guard let file = FileDescriptor(owning: carchive_create(directory, path, mode)) else {
            if errno == EEXIST { throw twice(path) }
            throw failure("create", path)
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var size: Int64 = 0
        while true {
            let count = try read(&archive, &buffer)
            if count == 0 { return }
            size += Int64(count)
            bytes += Int64(count)
            guard size <= limits.fileBytes else { throw fileTooLarge(path) }
            guard bytes <= limits.totalBytes else { throw tooLarge() }
            try checkRatio(archive)
            do throws(SystemError) {
                try Files.write(Array(buffer[..<count]), to: file, path)
            } catch { throw failure("write", path, code: error.code) }
        }
    }

    private func read(
        _ archive: inout ArchiveReader, _ buffer: inout [UInt8]
    ) throws(UnpackFault) -> Int {
        let result = buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(UnpackFault) in try archive.read(into: bytes) }
        }
        return try result.get()
    }

    private func fileTooLarge(_ path: String) -> UnpackFault {
        .refused(
            "The archive holds a file of more than \(limits.fileBytes >> 20) MB "
                + "(\(Self.shown(path))).")
    }

    private func twice(_ path: String) -> UnpackFault {
        .refused("The archive holds one path twice (\(Self.shown(path))).")
    }

    private func failure(_ action: String, _ path: String, code: Int32 = errno) -> UnpackFault {
        let error = SystemError("\(action) \(Self.shown(path))", code: code)
        return error.isFull ? .full : .failed("\(error).")
    }
}
