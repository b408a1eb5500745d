package import Net
import Synchronization

/// Where a request is passed on to.
package enum Upstream: Sendable, Hashable {
    /// An IP address or `localhost`; names are not looked up.
    case tcp(host: String, port: UInt16)
    case unix(path: String)
    /// Whatever can make a connection: TLS, or a stream inside another connection.
    case gate(UpstreamGate)

    /// Over TLS. Equal only to itself: make it once for all requests that share connections.
    package static func tls(host: String, port: UInt16, _ tls: ConnectTLS) -> Upstream {
        let address = ConnectAddress.tcp(host: host, port: port)
        return .gate(
            UpstreamGate(address.description) { loop, timeout, opened in
                loop.connect(to: address, tls: tls, timeout: timeout, opened)
            })
    }

    /// Over a connection that is there, and no other: for whoever must know its keying material
    /// before the first request. Nobody may have started it.
    package static func over(_ channel: any ByteChannel, name: String) -> Upstream {
        let isLeft = Atomic<Bool>(true)
        return .gate(
            UpstreamGate(name) { loop, _, opened in
                guard isLeft.exchange(false, ordering: .relaxed), channel.isOpen else {
                    return loop.execute { opened(.failure(.refused)) }
                }
                channel.loop.execute { opened(.success(channel)) }
            })
    }

    package var text: String {
        switch self {
        case .tcp(let host, let port): ConnectAddress.tcp(host: host, port: port).description
        case .unix(let path): path
        case .gate(let gate): gate.name
        }
    }

    /// For `Host` where the caller has none.
    var authority: String {
        switch self {
        case .tcp, .gate: text
        case .unix: "localhost"
        }
    }

    /// On the loop given; `opened` is called once, never within this call.
    func connect(
        on loop: EventLoop, timeout: Duration,
        _ opened: @escaping @Sendable (Result<any ByteChannel, NetError>) -> Void
    ) {
        switch self {
        case .tcp(let host, let port):
            loop.connect(to: .tcp(host: host, port: port), timeout: timeout, opened)
        case .unix(let path): loop.connect(to: .unix(path: path), timeout: timeout, opened)
        case .gate(let gate): gate.connect(loop, timeout, opened)
        }
    }
}

/// Makes connections to one upstream. It is that upstream: another one, made alike, is another.
package final class UpstreamGate: Sendable, Hashable {
    /// Calls back once, never within the call, on the loop of the channel it hands over. That loop
    /// is the one given unless the connection belongs to another.
    package typealias Connect =
        @Sendable (
            _ loop: EventLoop, _ timeout: Duration,
            _ opened: @escaping @Sendable (Result<any ByteChannel, NetError>) -> Void
        ) -> Void

    /// For errors, and for `Host` where a request names none.
    package let name: String
    let connect: Connect

    package init(_ name: String, connect: @escaping Connect) {
        self.name = name
        self.connect = connect
    }

    package static func == (left: UpstreamGate, right: UpstreamGate) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
