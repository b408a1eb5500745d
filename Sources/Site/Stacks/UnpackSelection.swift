/// What of an archive is unpacked.
package enum UnpackSelection: String, Sendable {
    /// A stack: all of a tar, and a link or device in it is a reason to refuse it.
    case everything
    /// A Node-RED user directory, as tar or zip: only what flows, credentials and modules are read
    /// from. Everything else, links and devices too, is passed over.
    case userDirectory = "user-directory"

    var takesZip: Bool { self == .userDirectory }
    var passesOverLinks: Bool { self == .userDirectory }

    var limits: UnpackLimits {
        var limits = UnpackLimits()
        if self == .userDirectory {
            limits.totalBytes = 1 << 30
            // Node-RED and 200 modules are 1,500 packages.
            limits.written = 10_000
            limits.fileBytes = Int64(SnapshotFormat.largest)
        }
        return limits
    }

    /// - Parameter path: as `Unpacker.checked` gives it.
    func takes(_ path: String) -> Bool {
        guard self == .userDirectory else { return true }
        var folders = path.split(separator: "/")
        guard let name = folders.popLast() else { return false }
        guard name == "settings.js" || name.hasSuffix(".json") else { return false }
        if let modules = folders.firstIndex(of: "node_modules") {
            // node_modules/name/package.json or node_modules/@scope/name/package.json
            let rest = folders[(modules + 1)...]
            return name == "package.json"
                && rest.count == (rest.first?.hasPrefix("@") == true ? 2 : 1)
        }
        return !folders.contains { ["lib", "context", "storage", ".npm", ".git"].contains($0) }
    }
}
