import Basics
import Crypto
import Glibc
import Processes

/// Mosquitto as a child of the appliance, or one that an earlier appliance started.
struct BrokerProcess: Sendable {
    let child: ChildProcess
    let secrets: BrokerSecrets
    let port: Int

    /// Why there is none. One sentence each.
    struct Fault: Error, Sendable, Equatable {
        let reason: String
        /// Nothing that another try in a second would change.
        var isLasting = false
    }

    static let executable = "/usr/sbin/mosquitto"
    private static let logLimit = 8 << 20

    /// Blocks on files, and up to 10 s on a broker that must go first.
    /// - Parameter plugin: its bytes; `nil` in an executable that was built without it.
    static func take(
        _ files: BrokerFiles, _ settings: BrokerSettings, plugin: [UInt8]?,
        executable: String = BrokerProcess.executable
    ) async throws(Fault) -> BrokerProcess {
        guard let plugin else {
            throw Fault(
                reason: "This lineside was built without the broker's plugin, so that no broker "
                    + "can be run.", isLasting: true)
        }
        guard access(executable, X_OK) == 0 else {
            throw Fault(
                reason: "Mosquitto is not installed: install Debian's package mosquitto.",
                isLasting: true)
        }
        do throws(SystemError) {
            let boot = try ProcessIdentity.bootID()
            let record = BrokerRecord(path: files.process)
            var port = settings.port > 0 ? settings.port : record?.port ?? 0
            if port == 0 { port = try freePort() }
            let text = configuration(files, settings, port).text
            let fingerprint = Hex.encode(
                Digest.sha256(Array(text.utf8) + Digest.sha256(plugin)))
            if let record, record.bootID == boot, let child = ChildProcess.adopt(record.identity) {
                if record.fingerprint == fingerprint,
                    let secrets = BrokerSecrets(path: files.secrets)
                {
                    return BrokerProcess(child: child, secrets: secrets, port: port)
                }
                await end(child)
            }
            return try start(
                files, text, plugin, executable, boot: boot, fingerprint: fingerprint, port: port)
        } catch { throw Fault(reason: "The broker was not started: \(error)") }
    }

    private static func configuration(
        _ files: BrokerFiles, _ settings: BrokerSettings, _ port: Int
    ) -> BrokerConfiguration {
        let listeners = settings.addresses.map {
            BrokerConfiguration.Listener(address: $0, port: port, isPlain: false)
        }
        let name = geteuid() == 0 ? getpwuid(0).map { String(cString: $0.pointee.pw_name) } : nil
        var configuration = BrokerConfiguration(
            files: files, listeners: listeners + settings.plain,
            certificate: settings.certificate, key: settings.key, user: name)
        configuration.memory = settings.memory
        return configuration
    }

    private static func start(
        _ files: BrokerFiles, _ text: String, _ plugin: [UInt8], _ executable: String,
        boot: String, fingerprint: String, port: Int
    ) throws(SystemError) -> BrokerProcess {
        try Files.makeDirectory(files.directory)
        try Files.makeDirectory(files.data)
        // Held by the child too: never two brokers on one directory.
        guard let lock = try FileLock.take(files.lock, patience: .seconds(3)) else {
            throw SystemError("lock the broker's directory", code: EWOULDBLOCK)
        }
        let secrets = BrokerSecrets.random()
        try secrets.write(to: files.secrets)
        try Files.replace(files.configuration, with: Array(text.utf8))
        // Renamed into its place: one that still runs keeps the old.
        try Files.replace(files.plugin, with: plugin, mode: 0o700)
        unlink(files.socket)
        unlink(files.openSocket)
        guard
            let output = FileDescriptor(
                owning: open(
                    files.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600))
        else { throw SystemError("open \(files.log)") }
        let request = SpawnRequest(
            executable: executable, arguments: ["-c", files.configuration],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"],
            workingDirectory: files.directory, output: output.raw, error: output.raw,
            inherited: [lock.file.raw], limits: ResourceLimits(openFiles: descriptors()),
            noNewPrivileges: true)
        let child = try ChildProcess.spawn(request) { identity throws(SystemError) in
            try BrokerRecord(
                identity: identity, bootID: boot, fingerprint: fingerprint, port: port
            ).write(to: files.process)
        }
        return BrokerProcess(child: child, secrets: secrets, port: port)
    }

    /// For 10,000 devices and what a broker needs beside them, as far as this machine lets it.
    private static func descriptors() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 1_024
        }
        return Int(clamping: min(limit.rlim_max, 65_536))
    }

    static func end(_ child: ChildProcess) async {
        child.signal(SIGTERM)
        let limit = Task {
            try await Task.sleep(for: .seconds(10))
            child.signal(SIGKILL)
        }
        _ = await child.exit()
        limit.cancel()
    }

    /// Frees the log when it has grown: who reads it wants what was said last.
    static func trimLog(_ files: BrokerFiles) {
        var information = stat()
        if stat(files.log, &information) == 0, information.st_size > logLimit {
            truncate(files.log, 0)
        }
    }

    /// One that nobody has at this moment.
    private static func freePort() throws(SystemError) -> Int {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard let socket = FileDescriptor(owning: Glibc.socket(AF_INET, kind, 0)) else {
            throw SystemError("open a socket")
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket.raw, $0, size) == 0 && getsockname(socket.raw, $0, &size) == 0
            }
        }
        guard isBound else { throw SystemError("take a port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
