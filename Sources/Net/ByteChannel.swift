/// A connection on which bytes go both ways: a socket, plain or with TLS. Everything but `loop`,
/// `peer` and `security` belongs to the loop's thread.
package protocol ByteChannel: AnyObject, Sendable {
    var loop: EventLoop { get }
    var peer: PeerAddress { get }
    /// `nil` without TLS.
    var security: ChannelSecurity? { get }
    var isOpen: Bool { get }

    /// Hands input over to `handler` from now on; may be called again to change hands. The channel
    /// holds its handler until `channelClosed`.
    func start(_ handler: any ChannelHandler)

    /// Queues, and sends when the loop has done the rest of its turn. Never refuses: whoever
    /// ignores `.full` holds the bytes in memory. Dropped once the channel is closed.
    @discardableResult func write(_ output: Output) -> WriteState
    /// Bytes that are queued.
    var pendingBytes: Int { get }
    /// Bytes of memory that the queue holds; static ones are not counted.
    var heldBytes: Int { get }

    /// Nothing more is read; TCP then slows the peer down. A peer that goes is noticed late.
    func pauseReading()
    func resumeReading()

    /// Ends our direction once the queue is sent; input goes on.
    func shutdownWrite()
    /// Sends the queue, ends our direction and waits a moment for the peer to end its own, so that
    /// it can read what was sent last. Handlers get no more input.
    func close()
    /// Ends now; what is queued is lost.
    func abort(_ error: NetError)

    /// How long the peer may take nothing of what is queued; `nil`: for ever. 60 s at first.
    var writeStallLimit: Duration? { get set }
}

package enum WriteState: Sendable, Equatable {
    case open
    /// More than the high water mark is queued: wait for `channelDrained`.
    case full
}

/// What a channel calls, on its loop. Each may call every function of the channel.
package protocol ChannelHandler: AnyObject {
    /// - Parameter bytes: valid during the call only.
    func channelRead(_ bytes: UnsafeRawBufferPointer)
    /// The peer sends no more; writing goes on.
    func channelReadEnded()
    /// The queue fell below the low water mark after a `.full`.
    func channelDrained()
    /// The last call, never within a call of the channel. `nil`: both ends wanted it so, which a
    /// channel whose two directions have ended takes for granted.
    func channelClosed(_ error: NetError?)
}

package enum WaterMark {
    package static let high = 262_144
    package static let low = 65_536
}

/// Who is at the other end.
package struct PeerAddress: Sendable, Hashable {
    /// IP address as text, IPv4 inside IPv6 as IPv4; `local` on a Unix socket.
    package let host: String
    package let port: UInt16
    /// The port of ours that was reached; 0 on a Unix socket.
    package let localPort: UInt16
    /// Owner of the process at the other end of a Unix socket.
    package let userID: UInt32?

    package init(host: String, port: UInt16, localPort: UInt16, userID: UInt32? = nil) {
        self.host = host
        self.port = port
        self.localPort = localPort
        self.userID = userID
    }

    package var isLocal: Bool { host == "local" }
    package var isLoopback: Bool { isLocal || host.hasPrefix("127.") || host == "::1" }
}

/// What TLS settled.
package struct ChannelSecurity: Sendable {
    /// ALPN; `nil` if the peer offered none.
    package let applicationProtocol: String?
    /// DER. Checked against the configured authority.
    package let peerCertificate: [UInt8]?
    /// The same, as a server sees it.
    package let client: ClientCertificate?
    /// Name that the peer asked for (SNI).
    package let serverName: String?
    /// `TLSv1.3`
    package let version: String
    /// The handshake went on from an earlier session.
    package let isResumed: Bool
    /// RFC 9266 and its like: a secret that only the two ends of this connection can compute. Any
    /// thread; `nil` once the connection is closed.
    package let exporter: @Sendable (_ label: String, _ count: Int) -> [UInt8]?

    package init(
        applicationProtocol: String?, peerCertificate: [UInt8]?, client: ClientCertificate? = nil,
        serverName: String?, version: String, isResumed: Bool = false,
        exporter: @escaping @Sendable (String, Int) -> [UInt8]?
    ) {
        self.applicationProtocol = applicationProtocol
        self.peerCertificate = peerCertificate
        self.client = client
        self.serverName = serverName
        self.version = version
        self.isResumed = isResumed
        self.exporter = exporter
    }
}
