import Basics
import Domain
import Processes

/// Finds the packages below a `node_modules`, nested ones too. Whoever wrote there need not be
/// trusted: no link is followed, and everything has a bound. Blocks.
struct PackageScanner {
    /// A Node-RED has 300; one with a hundred modules some thousands.
    static let most = 20_000
    private static let deepest = 24
    private static let namesInDirectory = 20_000

    private let origin: PackageCopy.Origin
    private let path: String
    private let most: Int
    private(set) var found: [PackageCopy] = []

    /// - Parameter root: what holds `node_modules`. One that is not there holds no packages.
    static func packages(
        in root: String, of origin: PackageCopy.Origin, most: Int = Self.most
    ) -> [PackageCopy] {
        guard let directory = try? HostileDirectory(root) else { return [] }
        var scanner = PackageScanner(origin: origin, path: root, most: most)
        scanner.walk(directory, "node_modules", depth: 0)
        return scanner.found
    }

    private init(origin: PackageCopy.Origin, path: String, most: Int) {
        self.origin = origin
        self.path = path
        self.most = most
    }

    private mutating func walk(
        _ root: borrowing HostileDirectory, _ folder: String, depth: Int
    ) {
        guard depth < Self.deepest else { return }
        for name in names(root, folder) {
            if name.hasPrefix("@") {
                for inner in names(root, "\(folder)/\(name)") {
                    take(root, "\(folder)/\(name)/\(inner)", depth: depth)
                }
            } else {
                take(root, "\(folder)/\(name)", depth: depth)
            }
        }
    }

    private func names(_ root: borrowing HostileDirectory, _ folder: String) -> [String] {
        let names = try? root.list(folder, limit: Self.namesInDirectory)
        return (names ?? []).filter { !$0.hasPrefix(".") }
    }

    private mutating func take(
        _ root: borrowing HostileDirectory, _ folder: String, depth: Int
    ) {
        guard found.count < most else { return }
        if let package = PackageManifest.read(root, folder) {
            // An alias has another directory than name: the name is what others ask for.
            found.append(
                PackageCopy(
                    name: package.name, version: package.version.text, origin: origin,
                    root: path, directory: folder))
        }
        walk(root, "\(folder)/node_modules", depth: depth + 1)
    }
}
