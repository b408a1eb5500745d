package import Basics

/// Why a connection could not be made, or ended otherwise than both ends wanted.
package enum NetError: Error, Sendable, Equatable {
    /// Nobody listens there, or it is gone.
    case refused
    case reset
    /// The peer vanished without closing TLS: what it sent may be cut short.
    case truncated
    case timedOut(Phase)
    /// A bad certificate, an unknown protocol, no TLS at all. One sentence.
    case tls(String)
    /// Not an IP address, `localhost` or a path.
    case badAddress(String)
    case system(SystemError)
    /// Our side ended it.
    case aborted

    package enum Phase: Sendable, Equatable { case connect, handshake, write, idle }
}
