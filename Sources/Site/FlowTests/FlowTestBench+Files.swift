import Basics
import Domain
import Glibc
import Processes

/// What a throw-away Node-RED is told, and what it may see.
extension FlowTestBench {
    nonisolated func environment(
        _ job: FlowTestJob, _ place: FlowTestPlace, _ node: String
    ) -> [String] {
        let fixed = [
            "PATH=\(Files.parent(of: node)):/usr/local/bin:/usr/bin:/bin", "HOME=\(place.user)",
            "TMPDIR=\(place.temporary)", "TZ=\(job.definition.timeZone)", "LANG=C.UTF-8",
            "NODE_ENV=production", "NODE_RED_DISABLE_TELEMETRY=true", "npm_config_offline=true",
            "npm_config_fetch_retries=0", "npm_config_update_notifier=false",
            "LINESIDE_SETTINGS=\(place.startFile)", "LINESIDE_INSTANCE=\(job.run.text)",
            "LINESIDE_FILES=\(place.files)",
        ]
        let own = job.environment.filter { variable in
            let name = String(variable.prefix { $0 != "=" })
            return !variable.utf8.contains(0)
                && (try? EnvironmentVariable.Name(validating: name)) != nil
        }
        return fixed + own
    }

    /// Secrets are made for this start alone: neither the editor's tokens nor the credentials of
    /// the instance are worth anything in a test.
    nonisolated func startFile(
        _ job: FlowTestJob, _ place: FlowTestPlace, _ preparation: StartPreparation
    ) -> [UInt8] {
        let definition = job.definition
        var json = JSONWriter()
        json.object { json in
            json.field("format", 1)
            json.field("instance", job.run)
            json.field("slug", definition.slug)
            json.field("name", definition.name)
            json.field("port", 0)
            json.field("adminRoot", definition.adminRoot)
            json.field("nodeRoot", definition.nodeRoot)
            json.field("credentialSecret", Hex.encode(Randomness.bytes(32)))
            json.field("spool", place.spool)
            json.field("publicKey", preparation.publicKey)
            json.field("pageSecret", Randomness.secret())
            json.field("nonce", Base64URL.encode(Randomness.bytes(16)))
            json.field("nodesDir", [preparation.runtime.plugin])
            json.field("logLevel", "info")
            json.field("maxLogPerSecond", 200)
            json.field("test", place.test)
            json.object("palette") { json in
                json.field("allowInstall", false)
                json.field("allowUpload", false)
            }
        }
        return json.bytes
    }

    /// The programs, the packages of the instance and its own folder. The rest of the appliance,
    /// and every secret of it, is not there for a flow under test.
    nonisolated func fence(
        _ place: FlowTestPlace, runtime: RuntimeFiles, modules: String?, node: String,
        script: String
    ) -> SpawnRequest.Fence {
        let system = [
            "/usr", "/lib", "/lib64", "/bin", "/proc", "/sys/fs/cgroup", "/sys/devices/system",
            "/dev/urandom", "/dev/random", "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone",
            "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group",
            "/etc/os-release", "/etc/ssl",
        ]
        let program = Self.realPath(node)
        // Of a stack: the folder that holds `node_modules` and perhaps `node`.
        let stack = Files.parent(of: Files.parent(of: Files.parent(of: Self.realPath(script))))
        return SpawnRequest.Fence(
            readable: system + [
                program, Files.parent(of: Files.parent(of: program)), stack, runtime.root,
            ] + [modules].compactMap { $0 },
            writable: [place.root, "/dev/null", "/dev/zero"])
    }

    private static func realPath(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
