import Basics
import Processes

/// What npm has installed into a directory that strangers write in.
enum InstalledModules {
    /// Changes when npm has installed or removed something; empty where nothing is installed.
    static func stamp(in user: String) -> [Int64] {
        guard let directory = try? HostileDirectory(user),
            let modules = try? directory.entry("node_modules"), modules.kind == .folder
        else { return [] }
        var stamp = [modules.changed]
        if let file = try? directory.entry("package.json") { stamp.append(file.changed) }
        // npm writes it anew with each change, however deep.
        if let inner = try? directory.directory("node_modules"),
            let list = try? inner.entry(".package-lock.json")
        {
            stamp.append(list.changed)
        }
        return stamp
    }
}
