import Basics
import Domain
import Glibc
import Processes

/// A package as npm would have packed it, made of the files that lie there. The same files give the
/// same archive. Blocks.
struct PackageTarball: Sendable {
    struct File: Sendable, Equatable {
        /// Relative to the package.
        let path: String
        let size: Int
        let isExecutable: Bool
        /// When anything about it was last changed, which nobody can set back.
        let changed: Int64
    }

    private static let mostFiles = 50_000
    private static let deepest = 40
    /// 256 MB: the largest packages that people install (browsers, model files) are larger; they
    /// do not belong on a device.
    private static let largest = 256 << 20

    let copy: PackageCopy
    let manifest: PackageManifest
    private(set) var files: [File]
    /// Stands in the place of the package's own.
    let packageFile: [UInt8]?

    /// `nil` where it is gone, or too large, or no package any more.
    init?(_ copy: PackageCopy) {
        guard let root = try? HostileDirectory(copy.root),
            let directory = try? root.directory(copy.directory),
            var manifest = PackageManifest.read(root, copy.directory),
            manifest.name == copy.name, manifest.version.text == copy.version
        else { return nil }
        var files: [File] = []
        guard Self.collect(directory, "", depth: 0, into: &files) else { return nil }
        files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        let isCompiled = files.contains { file in
            file.path.hasSuffix(".node")
                && (file.path.hasPrefix("build/Release/") || file.path.hasPrefix("lib/binding/"))
        }
        manifest.adapt(isCompiled: isCompiled)
        self.copy = copy
        self.manifest = manifest
        packageFile = manifest.isChanged ? manifest.object.json + [0x0A] : nil
        if let packageFile, let index = files.firstIndex(where: { $0.path == Self.packageName }) {
            let own = files[index]
            files[index] = File(
                path: own.path, size: packageFile.count, isExecutable: false,
                changed: own.changed)
        }
        self.files = files
        guard unpackedSize <= Self.largest else { return nil }
    }

    static let packageName = "package.json"

    var unpackedSize: Int { files.reduce(0) { $0 + $1.size } }

    var hasGypFile: Bool { files.contains { $0.path == "binding.gyp" } }

    /// Of the tar archive in it.
    private var tarLength: Int {
        files.reduce(TarHeader.end.count) { sum, file in
            sum + header(of: file).count + file.size + TarHeader.padding(file.size)
        }
    }

    /// Bytes of the whole.
    var length: Int { StoredGzip.length(of: tarLength) }

    func header(of file: File) -> [UInt8] {
        TarHeader.bytes(
            path: "package/\(file.path)", size: file.size, isExecutable: file.isExecutable)
    }

    /// Left out: the packages that it carries, what npm itself never packs, and whatever is neither
    /// file nor folder.
    private static func collect(
        _ directory: borrowing HostileDirectory, _ prefix: String, depth: Int,
        into files: inout [File]
    ) -> Bool {
        guard depth < deepest else { return false }
        var names: [(String, HostileEntry.Kind)] = []
        let isAll = try? directory.forEachName(limit: mostFiles) { name, kind in
            if let name { names.append((name, kind)) }
        }
        guard isAll == true else { return false }
        for (name, kind) in names where !isLeftOut(name, isTop: depth == 0) {
            switch kind {
            case .folder:
                guard let inner = try? directory.directory(name) else { continue }
                guard collect(inner, "\(prefix)\(name)/", depth: depth + 1, into: &files) else {
                    return false
                }
            case .file:
                guard let entry = try? directory.entry(name), entry.kind == .file,
                    entry.links == 1, entry.size >= 0, entry.size <= largest
                else { continue }
                guard files.count < mostFiles else { return false }
                files.append(
                    File(
                        path: prefix + name, size: Int(entry.size),
                        isExecutable: entry.mode & 0o111 != 0, changed: entry.changed))
            case .other: continue
            }
        }
        return true
    }

    private static func isLeftOut(_ name: String, isTop: Bool) -> Bool {
        switch name {
        case ".git", ".npmrc", ".svn", ".hg", ".DS_Store": true
        case "node_modules", "package-lock.json", "npm-shrinkwrap.json": isTop
        default: false
        }
    }
}

/// Gives a package's archive piece by piece, at most 256 KB and what belongs to it. Blocks.
struct PackageTarballReader: ~Copyable {
    private static let piece = 262_144

    private let tarball: PackageTarball
    private let directory: HostileDirectory
    private var gzip = StoredGzip()
    private var index = 0
    private var offset = 0
    private var open: FileDescriptor?
    private var isOver = false

    init(_ tarball: PackageTarball) throws(SystemError) {
        self.tarball = tarball
        directory = try HostileDirectory(tarball.copy.root).directory(tarball.copy.directory)
    }

    /// `nil` at the end.
    /// - Throws: `ESTALE` where a file is no longer as long as it was.
    mutating func next() throws(SystemError) -> [UInt8]? {
        guard !isOver else { return nil }
        var output: [UInt8] = []
        while output.count < Self.piece {
            guard index < tarball.files.count else {
                output += gzip.append(TarHeader.end)
                output += gzip.finish()
                isOver = true
                break
            }
            let bytes = try nextOfFile(tarball.files[index])
            output += gzip.append(bytes)
        }
        return output
    }

    private mutating func nextOfFile(_ file: PackageTarball.File) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        if offset == 0 { bytes = tarball.header(of: file) }
        if let own = tarball.packageFile, file.path == PackageTarball.packageName {
            index += 1
            return bytes + own + [UInt8](repeating: 0, count: TarHeader.padding(file.size))
        }
        if offset == 0 { open = try directory.open(file.path) }
        let wanted = min(Self.piece, file.size - offset)
        let got = try open?.read(at: Int64(offset), count: wanted, file.path) ?? []
        guard got.count == wanted else {
            throw SystemError("pack \(file.path)", code: ESTALE)
        }
        bytes += got
        offset += wanted
        if offset == file.size {
            bytes += [UInt8](repeating: 0, count: TarHeader.padding(file.size))
            (index, offset) = (index + 1, 0)
            open = nil
        }
        return bytes
    }
}
