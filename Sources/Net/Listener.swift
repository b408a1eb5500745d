package import Basics
import CLinux
import Glibc

/// A socket that takes connections and hands each over once it is open.
package final class Listener: EventSource, @unchecked Sendable {
    package typealias Acceptor = @Sendable (any ByteChannel) -> Void
    /// Whom a connection that is open has proven to be; `nil`: nobody in particular.
    package typealias Ownership = @Sendable (any ByteChannel) -> String?

    /// The port that was got; 0 on a Unix socket.
    package let port: UInt16
    private let loops: [EventLoop]
    private let fd: Int32
    /// Stays the listener's.
    var descriptor: Int32 { fd }
    private let limits: ConnectionLimits
    private let tls: TLSConfiguration?
    private let plainAnswer: [UInt8]
    private let log: Log
    private let owner: Ownership
    private let accept: Acceptor
    private let path: String?

    // The first loop's own.
    private var key: SlotKey?
    private var next = 0
    private var pause = Duration.milliseconds(50)
    private var resting = false

    private var loop: EventLoop { loops[0] }

    /// - Parameter loops: the first accepts; connections go to all in turn.
    /// - Parameter plainAnswer: bytes for whoever speaks HTTP without TLS where `tls` is asked for.
    /// - Parameter owner: called on the connection's loop, before `accept`.
    /// - Parameter accept: called on the connection's loop.
    package init(
        _ address: ListenAddress, loops: [EventLoop], limits: ConnectionLimits,
        tls: TLSConfiguration? = nil, plainAnswer: [UInt8] = [], log: Log = Log("net"),
        owner: @escaping Ownership = { _ in nil },
        accept: @escaping Acceptor
    ) throws(NetError) {
        let (fd, name, path) = Self.listen(address)
        guard fd >= 0 else {
            if fd == -EINVAL { throw .badAddress(name) }
            throw .system(SystemError("listen on \(name)", code: -fd))
        }
        self.fd = fd
        self.path = path
        self.loops = loops
        self.limits = limits
        self.tls = tls
        self.plainAnswer = plainAnswer
        self.log = log
        self.owner = owner
        self.accept = accept
        port = clinux_local_port(fd)
    }

    /// Begins to accept. Any thread.
    package func start() {
        loop.execute { [self] in
            do throws(NetError) {
                key = try loop.register(fd, self, EPOLLIN.rawValue)
            } catch { log.error("a listener cannot be watched: \(error)") }
        }
    }

    /// Accepts no more; returns when the socket is closed. Any thread, once.
    package func stop() async {
        await withCheckedContinuation { waiting in
            loop.execute { [self] in
                if let path { unlink(path) }
                if let key { loop.retire(fd, key) }
                key = nil
                loop.execute { waiting.resume() }
            }
        }
    }

    private static func listen(_ address: ListenAddress) -> (Int32, String, String?) {
        switch address {
        case .tcp(let host, let port):
            let host = host == "localhost" ? "127.0.0.1" : host
            return (clinux_listen_tcp(host, port, 1_024), "\(host) port \(port)", nil)
        case .unix(let path, let mode): return (clinux_listen_unix(path, mode, 1_024), path, path)
        case .descriptor(let fd): return (fd, "descriptor \(fd)", nil)
        }
    }

    func handle(_ mask: UInt32) {
        // Bounded: whoever is connected already has its turn too.
        for _ in 0..<64 {
            let fd = clinux_accept(self.fd)
            guard fd >= 0 else { return failed(errno) }
            pause = .milliseconds(50)
            let loop = loops[next]
            next = (next + 1) % loops.count
            if loop === self.loop { adopt(fd, loop) } else { loop.execute { self.adopt(fd, loop) } }
        }
    }

    private func adopt(_ fd: Int32, _ loop: EventLoop) {
        let channel =
            if let tls {
                TLSChannel(
                    loop, fd, connecting: false, .server(tls.context, plainAnswer: plainAnswer))
            } else { SocketChannel(loop, fd, connecting: false) }
        let peer = channel.peer
        let place = limits.admit(peer) { [weak channel] in
            guard let channel else { return }
            channel.loop.execute { channel.abort(.aborted) }
        }
        channel.onDeparture { [limits] in limits.leave(place) }
        channel.open(limit: .seconds(10)) { [limits, owner, accept, log] result in
            switch result {
            case .success:
                guard limits.settle(place, owner: owner(channel)) else {
                    return channel.abort(.aborted)
                }
                accept(channel)
            case .failure(let error): log.debug("\(peer.host) did not get in: \(error)")
            }
        }
    }

    /// Out of descriptors or memory, the backlog would wake the loop without end: rest a while.
    private func failed(_ code: Int32) {
        guard code != EAGAIN, code != EINTR, code != ECONNABORTED, let key, !resting else { return }
        resting = true
        log.warning("no connection can be accepted: \(SystemError("accept", code: code))")
        loop.modify(fd, key, 0)
        _ = loop.schedule(after: pause) { [weak self] in
            guard let self, let key = self.key else { return }
            resting = false
            loop.modify(fd, key, EPOLLIN.rawValue)
        }
        pause = min(pause * 2, .seconds(1))
    }
}
