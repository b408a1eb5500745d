import Basics
package import Domain
import Glibc
import Processes

/// Makes everything ready that a start of Node-RED needs, and finds out what stands in its way.
package struct StartPreparation: Sendable {
    /// Free space below which nothing is started: a deploy would fail anyway.
    package static let neededSpace: UInt64 = 32 << 20

    let state: String
    let runtime: RuntimeFiles
    /// SubjectPublicKeyInfo in PEM, of the key that signs editor tokens.
    let publicKey: String
    let ports: PortPool
    /// Node.js of the system; `nil` where there is none.
    let node: String?
    /// For tests of the practice runtime: `LINESIDE_PRACTICE=…`.
    let additionalEnvironment: [String]
    let freeSpace: @Sendable (String) -> UInt64
    private let neededSpace: UInt64

    /// - Parameters:
    ///   - node: for stacks that carry none; found on PATH by default.
    ///   - neededSpace: bytes below which nothing is started.
    package init(
        state: String, runtime: RuntimeFiles, publicKey: String, ports: PortPool,
        node: String? = StartPreparation.nodeOnPath(), additionalEnvironment: [String] = [],
        freeSpace: @escaping @Sendable (String) -> UInt64 = StartPreparation.freeSpace,
        neededSpace: UInt64 = StartPreparation.neededSpace
    ) {
        self.state = state
        self.runtime = runtime
        self.publicKey = publicKey
        self.ports = ports
        self.node = node
        self.additionalEnvironment = additionalEnvironment
        self.freeSpace = freeSpace
        self.neededSpace = neededSpace
    }

    /// Blocks: it writes and syncs files.
    package func prepare(
        _ definition: InstanceDefinition, safe: Bool, avoiding port: Int?
    ) throws(InstanceTrouble) -> StartPlan {
        let layout = InstanceLayout(state: state, definition.id)
        let (node, program) = try program(definition.program)
        do throws(SystemError) {
            try layout.makeDirectories()
        } catch { throw Self.trouble(error) }
        guard freeSpace(layout.user) >= neededSpace else { throw .diskFull }
        try checkFlows(layout)
        let port = ports.lease(
            for: definition.id.text, preferred: definition.port, avoiding: port)
        guard let port else { throw .noPort }
        let nonce = Base64URL.encode(Randomness.bytes(16))
        do throws(SystemError) {
            let json = startFile(definition, layout, port: port, nonce: nonce)
            try Files.replace(layout.startFile, with: json)
        } catch { throw Self.trouble(error) }
        var arguments = ["--max-old-space-size=\(definition.settings.memoryLimitMB)", program]
        arguments += ["--settings", runtime.settings, "--userDir", layout.user]
        if safe { arguments.append("--safe") }
        return StartPlan(
            executable: node, arguments: arguments,
            environment: environment(definition, layout, node), layout: layout, port: port,
            alivePath: "\(definition.adminRoot)lineside/alive",
            nonce: nonce, isSafe: safe, memoryLimitMB: definition.settings.memoryLimitMB,
            cpuLimitPercent: definition.settings.cpuLimitPercent)
    }

    static func trouble(_ error: SystemError) -> InstanceTrouble {
        error.isFull ? .diskFull : .cannotStart("\(error)")
    }

    /// Node.js, and the script that it runs.
    func program(
        _ program: InstanceDefinition.Program
    ) throws(InstanceTrouble) -> (node: String, script: String) {
        switch program {
        case .missing: throw .stackMissing
        case .practice:
            guard let node else { throw .nodeMissing }
            return (node, runtime.practice)
        case .stack(let path):
            let script = "\(path)/node_modules/node-red/red.js"
            guard Files.exists(script) else { throw .stackMissing }
            let carried = "\(path)/node/bin/node"
            if access(carried, X_OK) == 0 { return (carried, script) }
            guard let node else { throw .nodeMissing }
            return (node, script)
        }
    }

    /// Whether its text is JSON is for our storage module to find out (exit 78): it reads it
    /// anyway, and flows may be large. A link or a pipe in its place is refused here.
    private func checkFlows(_ layout: InstanceLayout) throws(InstanceTrouble) {
        do throws(SystemError) {
            let user = try HostileDirectory(layout.user)
            for name in ["flows.json", "flows_cred.json"] {
                do throws(SystemError) { _ = try user.open(name) } catch  where error.isMissing {}
            }
        } catch {
            throw .flowsUnreadable
        }
    }

    private func environment(
        _ definition: InstanceDefinition, _ layout: InstanceLayout, _ node: String
    ) -> [String] {
        let fixed = [
            "PATH=\(Files.parent(of: node)):/usr/local/bin:/usr/bin:/bin",
            "HOME=\(layout.user)", "TZ=\(definition.timeZone)", "LANG=C.UTF-8",
            "NODE_ENV=production", "NODE_RED_DISABLE_TELEMETRY=true", "npm_config_offline=true",
            "npm_config_fetch_retries=0", "npm_config_update_notifier=false",
            "LINESIDE_SETTINGS=\(layout.startFile)", "LINESIDE_INSTANCE=\(definition.id.text)",
            "LINESIDE_FILES=\(layout.files)",
        ]
        // Names were checked when they were set; what slipped in all the same does not win here.
        let taken = Set(fixed.map { $0.prefix { $0 != "=" } })
        let own = definition.environment.filter { variable in
            let name = variable.prefix { $0 != "=" }
            let prefixes = ["NODE_", "LINESIDE_", "LD_", "NPM_CONFIG_"]
            return !taken.contains(name) && !variable.utf8.contains(0)
                && !prefixes.contains { name.uppercased().hasPrefix($0) }
        }
        return fixed + additionalEnvironment + own
    }

    private func startFile(
        _ definition: InstanceDefinition, _ layout: InstanceLayout, port: Int, nonce: String
    ) -> [UInt8] {
        let settings = definition.settings
        var json = JSONWriter()
        json.object { json in
            json.field("format", 1)
            json.field("instance", definition.id)
            json.field("slug", definition.slug)
            json.field("name", definition.name)
            json.field("port", port)
            json.field("adminRoot", definition.adminRoot)
            json.field("nodeRoot", definition.nodeRoot)
            json.field("credentialSecret", definition.credentialSecret)
            json.field("spool", layout.spool)
            json.field("publicKey", publicKey)
            json.field("pageSecret", definition.pageSecret)
            json.field("nonce", nonce)
            json.field("nodesDir", [runtime.plugin])
            json.field("logLevel", settings.logLevel.rawValue)
            json.field("maxLogPerSecond", 200)
            json.object("palette") { json in
                json.field("allowInstall", settings.paletteInstall)
                json.field("allowUpload", settings.paletteUpload)
            }
            json.object("editor") { json in
                json.field("title", "\(definition.name) · Lineside")
                json.field("theme", nil as String?)
                json.field("codeEditor", "monaco")
            }
            json.object("functionGlobals") { _ in }
            if let device = definition.device {
                json.object("device") { json in
                    Self.write("localLogin", device.localLogin, to: &json)
                    Self.write("httpAuth", device.httpAuth, to: &json)
                }
            }
        }
        return json.bytes
    }

    private static func write(
        _ name: String, _ login: DeviceSettings.Login?, to json: inout JSONWriter
    ) {
        json.key(name)
        guard let login else { return json.null() }
        json.object { json in
            json.field("user", login.name)
            json.field("pass", login.passwordHash)
        }
    }

    /// Looked up once, when the appliance starts.
    package static func nodeOnPath() -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/node" }
            .first { $0.hasPrefix("/") && access($0, X_OK) == 0 }
    }

    /// Bytes that the file system of `path` still has for us.
    package static func freeSpace(_ path: String) -> UInt64 {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return 0 }
        return UInt64(information.f_bavail) * UInt64(information.f_frsize)
    }
}
