import Basics
import Domain
import Processes

/// The package.json of a package, and what the registry says of it: the same without what is only
/// true of the place where it lies.
struct PackageManifest: Sendable {
    private static let limit = ByteCount.mebibytes(2)

    let name: PackageName
    let version: SemanticVersion
    private(set) var object: JSONObject
    private(set) var isChanged = false

    static func read(root: String, _ folder: String) -> PackageManifest? {
        guard let directory = try? HostileDirectory(root) else { return nil }
        return read(directory, folder)
    }

    /// `nil` for what is no package.
    static func read(
        _ root: borrowing HostileDirectory, _ folder: String
    ) -> PackageManifest? {
        guard var bytes = try? root.read("\(folder)/package.json", limit: limit) else {
            return nil
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        return (try? JSONReader.read(bytes, limit: limit.bytes))?.object
            .flatMap(PackageManifest.init)
    }

    init?(_ object: JSONObject) {
        guard let name = object["name"]?.string.flatMap(PackageName.init),
            let version = object["version"]?.string.flatMap(SemanticVersion.init)
        else { return nil }
        self.name = name
        self.version = version
        self.object = object
    }

    /// What a package says of its own packing is no longer so: the packages that it carried are
    /// served one by one, and what was compiled when it was installed travels with it, so that
    /// nobody needs a compiler.
    mutating func adapt(isCompiled: Bool) {
        for key in ["bundleDependencies", "bundledDependencies"] where object[key] != nil {
            object[key] = nil
            isChanged = true
        }
        guard isCompiled else { return }
        if var scripts = object["scripts"]?.object {
            for key in ["preinstall", "install"] where scripts[key] != nil {
                scripts[key] = nil
                isChanged = true
            }
            object["scripts"] = .object(scripts)
        }
        if object["gypfile"] != .bool(false) {
            object["gypfile"] = .bool(false)
            isChanged = true
        }
    }

    /// - Parameter hasGypFile: npm compiles such a package although no script says so.
    func hasInstallScript(hasGypFile: Bool) -> Bool {
        let scripts = object["scripts"]?.object
        let named = ["preinstall", "install", "postinstall"].contains {
            scripts?[$0]?.string.map { !$0.isEmpty } ?? false
        }
        return named || (hasGypFile && object["gypfile"] != .bool(false))
    }

    /// As npm's registry gives it to people (`isFull`) or to npm itself.
    func served(isFull: Bool) -> JSONObject {
        var served = JSONObject()
        for (key, value) in object.members where isFull ? !key.hasPrefix("_") : true {
            guard isFull || Self.short.contains(key) else { continue }
            switch key {
            case "dependencies", "optionalDependencies", "peerDependencies":
                // A value that is no text would stop the npm that reads it.
                guard let members = value.object?.members else { continue }
                served[key] = .object(JSONObject(members.filter { $0.value.string != nil }))
            case "bin": served[key] = bin(value)
            default: served[key] = value
            }
        }
        return served
    }

    private func bin(_ value: JSONValue) -> JSONValue {
        guard case .string = value else { return value }
        return .object(JSONObject([(name.base, value)]))
    }

    /// Of `application/vnd.npm.install-v1+json`.
    private static let short: Set<String> = [
        "name", "version", "deprecated", "dependencies", "optionalDependencies", "bin",
        "directories", "engines", "peerDependencies", "peerDependenciesMeta", "cpu", "os", "libc",
        "funding", "acceptDependencies",
    ]
}
