import CLinux
import Glibc

/// Where to connect to. Names other than `localhost` are not looked up: nothing here asks a DNS.
package enum ConnectAddress: Sendable, Hashable, CustomStringConvertible {
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}

extension EventLoop {
    /// Connects on this loop; call it there. `opened` is called once, never within this call.
    package func connect(
        to address: ConnectAddress, tls: ConnectTLS? = nil, timeout: Duration = .seconds(10),
        _ opened: @escaping @Sendable (Result<any ByteChannel, NetError>) -> Void
    ) {
        let fd = Self.socket(connectingTo: address)
        guard fd >= 0 else {
            let error: NetError =
                fd == -EINVAL
                ? .badAddress(address.description)
                : NetError.from(-fd, "connect to \(address)")
            return execute { opened(.failure(error)) }
        }
        let channel =
            if let tls {
                TLSChannel(
                    self, fd, connecting: true, .client(tls))
            } else { SocketChannel(self, fd, connecting: true) }
        channel.open(limit: timeout) { result in opened(result.map { channel }) }
    }

    /// Any thread.
    package func connect(
        to address: ConnectAddress, tls: ConnectTLS? = nil, timeout: Duration = .seconds(10)
    ) async throws(NetError) -> any ByteChannel {
        let result: Result<any ByteChannel, NetError> = await withCheckedContinuation { waiting in
            execute {
                self.connect(to: address, tls: tls, timeout: timeout) {
                    waiting.resume(returning: $0)
                }
            }
        }
        return try result.get()
    }

    /// A descriptor, or -errno.
    static func socket(connectingTo address: ConnectAddress) -> Int32 {
        switch address {
        case .tcp(let host, let port):
            clinux_connect_tcp(host == "localhost" ? "127.0.0.1" : host, port)
        case .unix(let path): clinux_connect_unix(path)
        }
    }
}
