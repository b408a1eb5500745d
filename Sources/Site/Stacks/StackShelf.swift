package import Basics
import CArchive
package import Domain
import Glibc

/// `<state>/stacks`: one read-only directory a stack. A stack is there or not, never half: it is
/// unpacked beside its place and comes with one rename. Blocks: for a `BlockingExecutor` only.
package struct StackShelf: Sendable {
    private let directory: String
    private let unpacker: UnpackProcess

    package init(directory: String, unpacker: UnpackProcess = UnpackProcess()) {
        self.directory = directory
        self.unpacker = unpacker
    }

    package func path(of id: Stack.ID) -> String { "\(directory)/\(id)" }

    /// At start: makes the directory, and removes what a kill or a power cut left half done.
    package func prepare() throws(SystemError) {
        try Files.makeDirectory(directory, mode: 0o755)
        // Whatever the umask says: Node-RED may run as somebody else, who is shown this alone.
        chmod(directory, 0o755)
        for name in try Files.list(directory) where name.hasPrefix(Self.incoming) {
            try Files.removeTree("\(directory)/\(name)")
        }
    }

    /// What is there, by id. A directory without a readable manifest is none.
    package func stacks() throws(SystemError) -> [Stack.ID: StackManifest] {
        var found: [Stack.ID: StackManifest] = [:]
        for name in try Files.list(directory) {
            guard let id = Stack.ID(name) else { continue }
            found[id] = manifest(of: id)
        }
        return found
    }

    package func manifest(of id: Stack.ID) -> StackManifest? {
        let path = "\(path(of: id))/\(StackManifest.fileName)"
        return (try? Files.read(path, limit: .kibibytes(64))).flatMap(StackManifest.init)
    }

    /// - Parameters:
    ///   - archive: a tar file, plain or gzip-compressed, of which nobody vouches.
    ///   - digest: of the archive.
    ///   - name: `nil`: what the package calls itself.
    package func install(
        _ archive: String, digest: ContentAddress, as id: Stack.ID, name: Name<Stack>?,
        by: String, at: Timestamp
    ) throws(StackFault) -> StackManifest {
        let incoming = "\(directory)/\(Self.incoming)\(id)"
        let unpacked = "\(incoming)/unpacked"
        defer { try? Files.removeTree(incoming) }
        try StackFault.attempt { () throws(SystemError) in
            try Files.makeDirectory(unpacked)
        }
        try unpack(archive, into: unpacked)
        // Whatever happened in the process that unpacked, only files and directories go further.
        _ = try StackFault.attempt { () throws(SystemError) in try StackTree.read(unpacked) }
        let root = "\(incoming)/stack"
        let package = try StackLayout.arrange(unpacked, as: root)
        let tree = try StackFault.attempt { () throws(SystemError) in try StackTree.read(root) }
        let contents = try StackContents(root: root, package: package, tree: tree)
        let manifest = StackManifest(
            name: name ?? contents.suggestedName, contents: contents, tree: tree, digest: digest,
            addedAt: at, addedBy: by)
        do throws(SystemError) { try place(root, as: id, manifest) } catch {
            try? hide(id)
            try? discard(id)
            throw StackFault(error)
        }
        return manifest
    }

    /// Takes it out of sight with one rename. `discard` removes it, `show` brings it back; after a
    /// kill in between `hidden` names it.
    package func hide(_ id: Stack.ID) throws(SystemError) {
        // Only who may write in a directory can move it (rename(2)).
        chmod(path(of: id), 0o755)
        guard rename(path(of: id), leaving(id)) == 0 || errno == ENOENT else {
            throw SystemError("rename \(path(of: id))")
        }
        try Files.syncDirectory(directory)
    }

    package func show(_ id: Stack.ID) throws(SystemError) {
        guard rename(leaving(id), path(of: id)) == 0 || errno == ENOENT else {
            throw SystemError("rename \(leaving(id))")
        }
        try Files.syncDirectory(directory)
        chmod(path(of: id), 0o555)
    }

    package func discard(_ id: Stack.ID) throws(SystemError) {
        try Files.removeTree(leaving(id))
    }

    package func hidden() throws(SystemError) -> [Stack.ID] {
        try Files.list(directory).compactMap { name in
            name.hasPrefix(Self.leaving)
                ? Stack.ID(String(name.dropFirst(Self.leaving.count))) : nil
        }
    }

    private static let incoming = ".incoming-"
    private static let leaving = ".leaving-"

    private func leaving(_ id: Stack.ID) -> String { "\(directory)/\(Self.leaving)\(id)" }

    private func unpack(_ archive: String, into path: String) throws(StackFault) {
        guard let file = FileDescriptor(owning: open(archive, O_RDONLY | O_CLOEXEC)) else {
            throw StackFault(SystemError("open \(archive)"))
        }
        do throws(UnpackFault) { try unpacker.run(archive: file, into: path) } catch {
            switch error {
            case .refused(let sentence), .failed(let sentence): throw .refused(sentence)
            case .full: throw .full
            }
        }
    }

    /// Writes down what it is, makes it read-only and durable, and renames it to its place.
    private func place(
        _ root: String, as id: Stack.ID, _ manifest: StackManifest
    ) throws(SystemError) {
        try Files.replace("\(root)/\(StackManifest.fileName)", with: manifest.json, mode: 0o444)
        try StackTree.read(root).makeReadOnly()
        guard let top = FileDescriptor(owning: open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
            carchive_sync(top.raw) == 0
        else { throw SystemError("sync \(root)") }
        guard rename(root, path(of: id)) == 0 else { throw SystemError("rename \(root)") }
        chmod(path(of: id), 0o555)
        try Files.syncDirectory(directory)
    }
}
