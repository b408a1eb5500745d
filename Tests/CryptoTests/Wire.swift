import Basics
import Crypto
import Glibc

/// Two sockets that are connected to each other.
final class SocketPair {
    let near: Int32
    let far: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        (near, far) = (ends[0], ends[1])
    }

    deinit {
        close(near)
        close(far)
    }
}

/// A server and a client session on the two ends of a socket pair.
struct Wire: ~Copyable {
    var server: TLSSession
    var client: TLSSession
    private let sockets: SocketPair

    init(
        _ server: TLSContext, _ client: TLSContext, name: String = "127.0.0.1",
        identity: TLSIdentity? = nil, resumption: TLSResumption? = nil
    ) throws {
        let sockets = try SocketPair()
        let ours = try TLSSession(server: server, socket: sockets.near)
        let theirs = try TLSSession(
            client: client, socket: sockets.far, name: name, identity: identity,
            resumption: resumption)
        self.server = ours
        self.client = theirs
        self.sockets = sockets
    }

    /// Lets both sides take turns until both are done or one has failed.
    mutating func handshake() -> (server: TLSSession.Progress, client: TLSSession.Progress) {
        var (ours, theirs) = (TLSSession.Progress.wantsRead, TLSSession.Progress.wantsRead)
        for _ in 0..<10 {
            if theirs == .wantsRead { theirs = client.handshake() }
            if ours == .wantsRead { ours = server.handshake() }
            if ours == .done(0), theirs == .done(0) { break }
        }
        return (ours, theirs)
    }
}
