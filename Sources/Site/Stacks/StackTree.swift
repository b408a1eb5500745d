package import Basics
import Glibc

/// A tree of regular files and directories, looked at without following anything. Who made it need
/// not be trusted.
package struct StackTree: Sendable, Equatable {
    package private(set) var files = 0
    package private(set) var size = ByteCount(0)
    /// Paths of compiled Node.js modules (`*.node`).
    private(set) var compiled: [String] = []
    /// All directories, the outer ones first.
    private var directories: [String] = []
    private var paths: [(path: String, isExecutable: Bool)] = []

    /// - Throws: `EMLINK` for a hard link, `EFTYPE`'s cousin `EINVAL` for what is neither file nor
    ///   directory.
    static func read(_ root: String) throws(SystemError) -> StackTree {
        var tree = StackTree()
        var waiting = [root]
        while let directory = waiting.popLast() {
            tree.directories.append(directory)
            for name in try Files.list(directory) {
                let path = "\(directory)/\(name)"
                var information = stat()
                guard lstat(path, &information) == 0 else { throw SystemError("stat \(path)") }
                switch information.st_mode & S_IFMT {
                case S_IFDIR: waiting.append(path)
                case S_IFREG: try tree.add(path, information)
                default: throw SystemError("take \(path)", code: EINVAL)
                }
            }
        }
        return tree
    }

    private mutating func add(_ path: String, _ information: stat) throws(SystemError) {
        guard information.st_nlink == 1 else { throw SystemError("take \(path)", code: EMLINK) }
        files += 1
        size = ByteCount(size.bytes + Int(information.st_size))
        paths.append((path, information.st_mode & 0o111 != 0))
        if path.hasSuffix(".node") { compiled.append(path) }
    }

    /// Nobody may write in it any more, everybody may read; inner directories first, so that a
    /// failure leaves what can still be removed.
    func makeReadOnly() throws(SystemError) {
        for (path, isExecutable) in paths {
            guard chmod(path, isExecutable ? 0o555 : 0o444) == 0 else {
                throw SystemError("chmod \(path)")
            }
        }
        for path in directories.dropFirst().reversed() {
            guard chmod(path, 0o555) == 0 else { throw SystemError("chmod \(path)") }
        }
    }

    package static func == (left: StackTree, right: StackTree) -> Bool {
        left.files == right.files && left.size == right.size
    }
}
