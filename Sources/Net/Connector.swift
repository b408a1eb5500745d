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
        attempt(Attempt(address: address, tls: tls, deadline: now + timeout, opened: opened))
    }

    private struct Attempt {
        let address: ConnectAddress
        let tls: ConnectTLS?
        let deadline: LoopTime
        let opened: @Sendable (Result<any ByteChannel, NetError>) -> Void
        var pause = Duration.milliseconds(2)
    }

    /// A Unix listener whose queue is full refuses with EAGAIN and there is nothing to wait on
    /// (unix(7)): asked again, ever less often, so that a thousand at once only come later.
    private func attempt(_ attempt: Attempt) {
        let fd = Self.socket(connectingTo: attempt.address)
        if fd == -EAGAIN, case .unix = attempt.address {
            guard now < attempt.deadline else {
                return execute { attempt.opened(.failure(.timedOut(.connect))) }
            }
            _ = schedule(after: attempt.pause) { [weak self] in
                var next = attempt
                next.pause = min(attempt.pause * 2, .milliseconds(50))
                self?.attempt(next)
            }
            return
        }
        guard fd >= 0 else {
            let error: NetError =
                fd == -EINVAL
                ? .badAddress(attempt.address.description)
                : NetError.from(-fd, "connect to \(attempt.address)")
            return execute { attempt.opened(.failure(error)) }
        }
        let channel =
            if let tls = attempt.tls {
                TLSChannel(self, fd, connecting: true, .client(tls))
            } else { SocketChannel(self, fd, connecting: true) }
        channel.open(limit: attempt.deadline - now) { result in
            attempt.opened(result.map { channel })
        }
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
