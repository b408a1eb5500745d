import Basics
import Glibc
package import Net

/// A real Mosquitto of one test's own, on a Unix socket and a free TCP port of loopback.
package final class MosquittoUnderTest: Sendable {
    package static let executable = "/usr/sbin/mosquitto"
    /// Whether Debian's package is here; tests that need it say so where it is not.
    package static var isInstalled: Bool { access(executable, X_OK) == 0 }

    package let directory: TemporaryDirectory
    package let port: UInt16
    package var socketPath: String { "\(directory.path)/mqtt.sock" }
    package var local: ConnectAddress { .unix(path: socketPath) }
    package var loopback: ConnectAddress { .tcp(host: "127.0.0.1", port: port) }
    package let program: ProgramUnderTest

    /// - Parameter lines: configuration beside the two listeners.
    package init(
        _ lines: [String] = ["allow_anonymous true"], in given: TemporaryDirectory? = nil
    ) async throws {
        let directory = try given ?? TemporaryDirectory()
        self.directory = directory
        // Let go before the broker takes it; whoever else takes it meanwhile fails this test.
        let port = try SilentPort().number
        self.port = port
        // As root it would give its rights up, and then could not enter the directory.
        let identity = geteuid() == 0 ? ["user root"] : []
        let all =
            identity + ["listener 0 \(directory.path)/mqtt.sock", "listener \(port) 127.0.0.1"]
            + lines
        let path = "\(directory.path)/mosquitto.conf"
        try Files.replace(path, with: Array((all.joined(separator: "\n") + "\n").utf8))
        program = try ProgramUnderTest(
            Self.executable, ["-c", path], errors: "\(directory.path)/mosquitto.log")
        let pid = program.pid
        _ = try await eventually("mosquitto to listen") { () -> Bool? in
            if kill(pid, 0) != 0 { throw LimitExceeded(what: "mosquitto, which ended: \(path)") }
            return isTaken(port) ? true : nil
        }
    }

    /// What it wrote to standard error.
    package var log: String {
        String(
            decoding: (try? Files.read("\(directory.path)/mosquitto.log")) ?? [], as: UTF8.self)
    }

    package func end(_ signal: Int32 = SIGTERM) async {
        program.signal(signal)
        _ = await program.exitStatus()
    }
}

/// Whether somebody listens on a port of loopback.
package func isTaken(_ port: UInt16) -> Bool {
    do {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard let socket = FileDescriptor(owning: Glibc.socket(AF_INET, kind, 0)) else {
            return false
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
