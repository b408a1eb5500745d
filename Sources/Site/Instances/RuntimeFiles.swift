package import Basics
import Crypto
import Glibc

/// Our JavaScript as files: what runs inside Node-RED, and the practice runtime.
package struct RuntimeFiles: Sendable, Equatable {
    /// Holds `node-red` and `practice-runtime`.
    package let root: String

    /// Files that lie somewhere already, as in a checkout.
    package init(root: String) { self.root = root }

    package var settings: String { "\(root)/node-red/settings.js" }
    package var plugin: String { "\(root)/node-red/plugin" }
    package var practice: String { "\(root)/practice-runtime/main.js" }

    /// Writes what the executable carries to `<state>/runtime/<digest>`, if it is not there yet.
    /// Older ones are `RuntimeKeeper`'s: an adopted Node-RED may still load files of its own.
    package static func install(state: String) throws(SystemError) -> RuntimeFiles {
        let files =
            EmbeddedFiles.files(under: "/node-red/")
            + EmbeddedFiles.files(under: "/practice-runtime/")
        guard !files.isEmpty else {
            throw SystemError("find our JavaScript in the executable", code: ENOENT)
        }
        let list = files.map { "\($0.path) \($0.digest)\n" }.joined()
        let digest = Hex.encode(Digest.sha256(Array(list.utf8)))
        let root = "\(state)/runtime/\(digest)"
        if Files.isDirectory(root) { return RuntimeFiles(root: root) }
        let incoming = "\(state)/runtime/.incoming-\(digest)"
        try Files.removeTree(incoming)
        for file in files {
            let path = incoming + file.path
            try Files.makeDirectory(Files.parent(of: path), mode: 0o755)
            try Files.replace(path, with: Array(file.bytes), mode: 0o444)
            // Whatever the umask says: Node-RED may run as somebody else, who is shown this alone.
            var opened = Files.parent(of: path)
            chmod(path, 0o444)
            while opened.utf8.count > state.utf8.count {
                chmod(opened, 0o755)
                opened = Files.parent(of: opened)
            }
        }
        guard rename(incoming, root) == 0 else { throw SystemError("rename \(incoming)") }
        try Files.syncDirectory("\(state)/runtime")
        return RuntimeFiles(root: root)
    }
}
