import Basics
import Domain
import Processes

/// Which directories below `node_modules` some packages need, found as Node.js finds them: beside,
/// then further out. What a package needs and has not is not missing here either: it runs without.
struct ModuleClosure {
    private static let most = 20_000

    private var paths: Set<String> = []
    private var waiting: [String] = []

    /// - Returns: paths relative to the user directory; each is meant with all that is in it.
    static func paths(of wanted: [NodeModule], in user: String) -> [String] {
        guard let root = try? HostileDirectory(user) else { return [] }
        var closure = ModuleClosure()
        for module in wanted { closure.take("node_modules/\(module.name)") }
        while let path = closure.waiting.popLast(), closure.paths.count < most {
            guard let manifest = PackageManifest.read(root, path) else { continue }
            for key in ["dependencies", "optionalDependencies", "peerDependencies"] {
                for (name, _) in manifest.object[key]?.object?.members ?? []
                where PackageName(name) != nil && name != "node-red" {
                    if let found = find(name, from: path, in: root) { closure.take(found) }
                }
            }
        }
        return closure.paths.sorted()
    }

    private mutating func take(_ path: String) {
        if paths.insert(path).inserted { waiting.append(path) }
    }

    private static func find(
        _ name: String, from path: String, in root: borrowing HostileDirectory
    ) -> String? {
        var place = path
        while true {
            let candidate = "\(place)/node_modules/\(name)"
            if PackageManifest.read(root, candidate) != nil { return candidate }
            guard let cut = lastModules(in: place) else { break }
            place = cut
        }
        let top = "node_modules/\(name)"
        return PackageManifest.read(root, top) == nil ? nil : top
    }

    /// `a/node_modules/b` is in `a`; `node_modules/b` in nothing further out.
    private static func lastModules(in path: String) -> String? {
        let parts = path.split(separator: "/")
        guard let index = parts.lastIndex(of: "node_modules"), index > 0 else { return nil }
        return parts[..<index].joined(separator: "/")
    }
}
