import Basics
import Glibc

/// From what npm packs to how a stack lies on the disk: `node_modules/node-red`, and `node/` where
/// the archive carries Node.js.
enum StackLayout {
    /// Takes both shapes: node-red itself packed with its dependencies, or a package of another name
    /// that has node-red among its own.
    /// - Returns: the archive's own package.json, if it has one.
    static func arrange(
        _ unpacked: String, as root: String
    ) throws(StackFault) -> PackageFile? {
        let top = try packageDirectory(in: unpacked)
        let package = try PackageFile.read("\(top)/package.json")
        if package?.name == "node-red" {
            let home = "\(root)/node_modules/node-red"
            try StackFault.attempt { () throws(SystemError) in
                try Files.makeDirectory("\(root)/node_modules", mode: 0o755)
                try move(top, to: home)
                if Files.exists("\(home)/node/bin/node") {
                    try move("\(home)/node", to: "\(root)/node")
                }
            }
        } else {
            guard Files.isDirectory("\(top)/node_modules/node-red") else {
                throw StackContents.noNodeRED
            }
            try StackFault.attempt { () throws(SystemError) in try move(top, to: root) }
        }
        return package
    }

    /// npm puts all under `package/`; a plain tar may have any one folder, or none.
    private static func packageDirectory(in unpacked: String) throws(StackFault) -> String {
        let names = try StackFault.attempt { () throws(SystemError) in try Files.list(unpacked) }
        guard names.count == 1, Files.isDirectory("\(unpacked)/\(names[0])"),
            names[0] != "node_modules"
        else { return unpacked }
        return "\(unpacked)/\(names[0])"
    }

    private static func move(_ path: String, to place: String) throws(SystemError) {
        guard rename(path, place) == 0 else { throw SystemError("rename \(path)") }
    }
}
