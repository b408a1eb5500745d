import Basics
import Crypto
import Domain
import Processes

/// A Node-RED user directory that somebody packed and sent: flows, credentials with the secret that
/// lies beside them, and the modules that were installed. Nothing in it is run: of settings.js only
/// plain strings are read.
struct UserDirectory {
    /// What `UnpackSelection.userDirectory` lets through, below the directory.
    private let paths: [String]
    private let root: String
    private static let limit = ByteCount(SnapshotFormat.largest)

    /// - Parameter root: as `lineside unpack` has left it.
    init(_ root: String) throws(VersionFault) {
        self.root = root
        do throws(SystemError) { paths = try Self.list(root).sorted() } catch {
            throw .system(error)
        }
    }

    /// - Parameter passphrase: the `credentialSecret` where none of the directory opens them.
    func content(passphrase: String?) throws(VersionFault) -> SnapshotContent {
        let home = try home()
        let settings = PlainSettings(text("\(home)settings.js") ?? "")
        let place = try place(in: home, settings)
        guard let bytes = read(place.flows),
            let flows = try? SnapshotFormat.parse(bytes)
        else { throw .invalidFile("\(place.flows) of the archive is no JSON.") }
        let package = object("\(place.folder)package.json")
        let title = package?["name"]?.string.flatMap { $0 == "node-red-project" ? nil : $0 }
        return try SnapshotContent(
            name: title ?? "Node-RED", note: package?["description"]?.string ?? "",
            flows: flows,
            credentials: try credentials(
                place, secrets(home, settings, place, passphrase), asked: passphrase),
            modules: modules(home, package))
    }

    /// Where the flows lie, each path with its folder.
    private struct Place {
        var folder: String
        var flows: String
        var credentials: String
        /// Of Node-RED's projects.
        var project: String?
    }

    /// The folder that looks like a user directory; the nearest to the archive's top. Ends with a
    /// slash unless it is the top itself.
    private func home() throws(VersionFault) -> String {
        let marks = [
            "settings.js", ".config.runtime.json", ".config.projects.json", ".config.json",
        ]
        let homes = paths.filter { path in
            marks.contains(Self.name(path)) || Self.isFlows(Self.name(path))
        }.map(Self.folder)
        guard let home = homes.min(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) else {
            throw .invalidFile(
                "The archive holds no Node-RED user directory: no flows.json and no settings.js.")
        }
        return home
    }

    private func place(in home: String, _ settings: PlainSettings) throws(VersionFault) -> Place {
        if let project = object("\(home).config.projects.json")?["activeProject"]?.string {
            let folder = "\(home)projects/\(project)/"
            let own = object("\(folder)package.json")?["node-red"]?["settings"]
            let file = own?["flowFile"]?.string ?? "flows.json"
            if paths.contains(folder + file) {
                return Place(
                    folder: folder, flows: folder + file,
                    credentials: folder
                        + (own?["credentialsFile"]?.string ?? Self.credentials(file)),
                    project: project)
            }
        }
        var names = paths.filter { Self.folder($0) == home }.map(Self.name).filter(Self.isFlows)
        if let file = settings["flowFile"], paths.contains(home + file) { names = [file] }
        if names.contains("flows.json") { names = ["flows.json"] }
        guard let file = names.first else {
            throw .invalidFile(
                "The archive holds no flows: flows.json is missing, and settings.js names no other."
            )
        }
        guard names.count == 1 else {
            throw .invalidFile(
                "The archive holds several flows (\(names.prefix(5).joined(separator: ", "))): "
                    + "leave one of them in it.")
        }
        return Place(folder: home, flows: home + file, credentials: home + Self.credentials(file))
    }

    /// Every secret that may have been used, the likeliest first.
    private func secrets(
        _ home: String, _ settings: PlainSettings, _ place: Place, _ passphrase: String?
    ) -> [String] {
        let projects = object("\(home).config.projects.json")?["projects"]
        let candidates = [
            passphrase, place.project.flatMap { projects?[$0]?["credentialSecret"]?.string },
            settings["credentialSecret"],
            object("\(home).config.runtime.json")?["_credentialSecret"]?.string,
            object("\(home).config.json")?["_credentialSecret"]?.string,
        ]
        return candidates.compactMap { $0 }.filter { !$0.isEmpty }
    }

    private func credentials(
        _ place: Place, _ secrets: [String], asked passphrase: String?
    ) throws(VersionFault) -> JSONObject? {
        guard let file = read(place.credentials) else { return nil }
        guard let object = try? SnapshotFormat.parse(file).object else {
            throw .invalidFile("\(place.credentials) of the archive is no JSON.")
        }
        // Without a `$` they are in clear: `credentialSecret: false`.
        guard object["$"] != nil else { return object }
        for secret in secrets {
            guard let clear = try? NodeREDCredentials(secret: secret).decrypt(file) else {
                continue
            }
            return try? SnapshotFormat.parse(clear).object
        }
        throw passphrase == nil ? .passphraseNeeded : .wrongPassphrase
    }

    /// As they were installed, else as they were locked, else as they were asked for.
    private func modules(_ home: String, _ package: JSONObject?) -> [NodeModule] {
        let lock = object("\(home)package-lock.json")?["packages"]
        let wanted = package?["dependencies"]?.object ?? JSONObject()
        return wanted.members.prefix(200).compactMap { name, range in
            guard InstanceFiles.isPackageName(name), name != "node-red" else { return nil }
            let installed = object("\(home)node_modules/\(name)/package.json")?["version"]?.string
            let version =
                installed ?? lock?["node_modules/\(name)"]?["version"]?.string
                ?? String((range.string ?? "").drop { "^~>=<v ".contains($0) })
            return NodeModule(name: name, version: String(version.prefix(100)))
        }
    }
}

/// Reading.
extension UserDirectory {
    private func read(_ path: String) -> [UInt8]? {
        guard paths.contains(path), let directory = try? HostileDirectory(root) else { return nil }
        return try? directory.read(path, limit: Self.limit)
    }

    private func text(_ path: String) -> String? {
        read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    private func object(_ path: String) -> JSONObject? {
        guard let bytes = read(path) else { return nil }
        return try? SnapshotFormat.parse(bytes).object
    }

    /// `flows.json`, `flows_press-3.json`; not the credentials and not a backup.
    private static func isFlows(_ name: String) -> Bool {
        name.hasPrefix("flow") && name.hasSuffix(".json") && !name.hasSuffix("_cred.json")
    }

    private static func credentials(_ flows: String) -> String {
        "\(flows.hasSuffix(".json") ? String(flows.dropLast(5)) : flows)_cred.json"
    }

    private static func name(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    private static func folder(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    private static func list(_ root: String) throws(SystemError) -> [String] {
        var found: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for name in try Files.list("\(root)/\(folder)") {
                let path = folder + name
                if Files.isDirectory("\(root)/\(path)") {
                    folders.append("\(path)/")
                } else {
                    found.append(path)
                }
            }
        }
        return found
    }
}

/// The plain strings of a settings.js, one a line: `credentialSecret: "…",`. What is computed there
/// is not known here.
struct PlainSettings {
    private var values: [String: String] = [:]

    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" }
            guard !line.hasPrefix("//"), !line.hasPrefix("*"), !line.hasPrefix("/*"),
                let colon = line.firstIndex(of: ":")
            else { continue }
            let name = line[..<colon].filter { !" \t\"'".contains($0) }
            let rest = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            guard let quote = rest.first, quote == "\"" || quote == "'" else { continue }
            let value = rest.dropFirst().prefix { $0 != quote }
            // An escaped quote: this reader is too simple for it.
            guard !value.contains("\\"), rest.dropFirst().count > value.count else { continue }
            values[String(name)] = String(value)
        }
    }

    subscript(name: String) -> String? { values[name] }
}
