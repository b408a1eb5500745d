package import Basics
package import Domain
import Glibc
import Processes

/// What an instance keeps in its user directory, read and written while it does not run.
package struct InstanceFiles: Sendable {
    /// Node-RED takes 210 MB in one request; written with four blanks of indent it is more.
    package static let flowsLimit = ByteCount.mebibytes(512)

    package let layout: InstanceLayout

    package init(_ layout: InstanceLayout) { self.layout = layout }

    /// - Parameters:
    ///   - flows: text of flows.json.
    ///   - credentials: text of flows_cred.json, under the instance's own secret; `nil` for none.
    /// - Throws: also when a deploy waits in the spool, which would take the place of these flows
    ///   at the next start.
    package func install(flows: [UInt8], credentials: [UInt8]?) throws(SystemError) {
        try layout.makeDirectories()
        let waiting = try HostileDirectory(layout.spool).list(limit: 2000)
            .contains { $0.hasSuffix(".json") }
        guard !waiting else { throw SystemError("replace flows before the spool", code: EBUSY) }
        let user = try HostileDirectory(layout.user)
        if let credentials {
            try user.replace("flows_cred.json", with: credentials)
        } else {
            try user.remove("flows_cred.json")
        }
        try user.replace("flows.json", with: flows)
    }

    /// Texts of flows.json and flows_cred.json as they lie there; `nil` for one that is missing.
    package func read() throws(SystemError) -> (flows: [UInt8]?, credentials: [UInt8]?) {
        let user = try HostileDirectory(layout.user)
        return (
            try read("flows.json", user), try read("flows_cred.json", user)
        )
    }

    private func read(
        _ name: String, _ user: borrowing HostileDirectory
    ) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try user.read(name, limit: Self.flowsLimit)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    /// Name and version of each node package that was installed into the instance, as its own
    /// files say.
    package func modules() -> [NodeModule] {
        guard let user = try? HostileDirectory(layout.user),
            let names = Self.object(user, "package.json")?["dependencies"]?.object
        else { return [] }
        var modules: [NodeModule] = []
        for name in names.members.map(\.key).sorted().prefix(200)
        where Self.isPackageName(name) {
            let file = "node_modules/\(name)/package.json"
            if let version = Self.object(user, file)?["version"]?.string {
                modules.append(NodeModule(name: name, version: String(version.prefix(100))))
            }
        }
        return modules
    }

    private static func object(
        _ directory: borrowing HostileDirectory, _ name: String
    ) -> JSONObject? {
        guard let bytes = try? directory.read(name, limit: .mebibytes(1)) else { return nil }
        return try? JSONReader.read(bytes).object
    }

    /// `name` or `@scope/name`, as npm allows them.
    static func isPackageName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isScoped = name.hasPrefix("@") && parts.count == 2
        return name.utf8.count <= 214 && (isScoped || parts.count == 1)
            && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
    }

    /// The directory with all that is in it; the instance must not run.
    package func removeAll() throws(SystemError) { try Files.removeTree(layout.root) }
}
