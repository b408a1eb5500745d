import CLinux
import Glibc

/// Listening sockets that the service manager opened (`sd_listen_fds`): how an unprivileged process
/// serves port 443.
package enum InheritedSockets {
    /// By name, `unknown` where the unit names none; empty if there are none. The second call in a
    /// process finds nothing: the environment is cleared, so that children do not take them for
    /// theirs.
    package static func take() -> [(name: String, descriptor: Int32)] {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        return parse(
            process: variable("LISTEN_PID"), count: variable("LISTEN_FDS"),
            names: variable("LISTEN_FDNAMES"), ours: getpid()
        ).filter { socket in
            clinux_set_close_on_exec(socket.descriptor) == 0
                && clinux_set_nonblocking(socket.descriptor) >= 0
        }
    }

    static func parse(
        process: String?, count: String?, names: String?, ours: Int32
    ) -> [(name: String, descriptor: Int32)] {
        guard process.flatMap({ Int32($0) }) == ours,
            let count = count.flatMap({ Int32($0) }), (1...1_024).contains(count)
        else { return [] }
        let names = names?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        return (0..<count).map { index in
            let name = Int(index) < names.count ? String(names[Int(index)]) : "unknown"
            return (name.isEmpty ? "unknown" : name, 3 + index)
        }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
