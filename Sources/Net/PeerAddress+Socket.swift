import Basics
import CLinux
import Glibc

extension PeerAddress {
    /// Of a connected socket.
    init(of fd: Int32) {
        var raw = clinux_peer()
        guard clinux_describe(fd, &raw) == 0 else {
            self.init(host: "", port: 0, localPort: 0)
            return
        }
        let host = withUnsafeBytes(of: raw.address) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.init(
            host: host.isEmpty ? "local" : host, port: raw.port, localPort: raw.local_port,
            userID: raw.user < 0 ? nil : UInt32(raw.user))
    }
}

extension NetError {
    static func from(_ code: Int32, _ action: String) -> NetError {
        switch code {
        case ECONNREFUSED, ENOENT: .refused
        case ECONNRESET, EPIPE: .reset
        case ETIMEDOUT: .timedOut(.connect)
        default: .system(SystemError(action, code: code))
        }
    }
}
