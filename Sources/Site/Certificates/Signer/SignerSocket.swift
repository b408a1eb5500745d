import Basics
import CLinux
import Glibc

/// The signer, asked over its socket: one connection a question.
package struct SignerSocket: SignerLink {
    private let path: String
    private let patience: Duration
    private let isRunning: @Sendable () -> Bool

    /// - Parameter patience: how long a signer that is not there yet is waited for, and then how
    ///   long its answer may take.
    /// - Parameter isRunning: whether it is worth waiting.
    package init(
        path: String, patience: Duration = .seconds(15),
        isRunning: @escaping @Sendable () -> Bool = { true }
    ) {
        self.path = path
        self.patience = patience
        self.isRunning = isRunning
    }

    package func ask(_ request: SignerRequest) throws(SignerFault) -> [UInt8] {
        let reply: SignerReply
        do throws(SystemError) {
            let socket = try connect()
            let end = ContinuousClock.now + patience
            try send(request.frame, to: socket, until: end)
            guard let read = SignerReply(try receive(from: socket, until: end)) else {
                throw SystemError("ask \(path)", code: EPROTO)
            }
            reply = read
        } catch { throw .unreachable(error.description) }
        switch reply {
        case .signed(let bytes): return bytes
        case .refused(let sentence): throw .refused(sentence)
        case .throttled(let seconds): throw .throttled(seconds: seconds)
        }
    }

    /// It comes up while we do, or again after it broke off.
    private func connect() throws(SystemError) -> FileDescriptor {
        let end = ContinuousClock.now + patience
        // One that has ended is started again within a second.
        let hope = ContinuousClock.now + min(patience, .seconds(2))
        while true {
            let raw = clinux_connect_unix(path)
            if let socket = FileDescriptor(owning: raw) {
                return socket
            }
            guard [ENOENT, ECONNREFUSED, EAGAIN].contains(-raw), ContinuousClock.now < end else {
                throw SystemError("connect to \(path)", code: -raw)
            }
            guard ContinuousClock.now < hope || isRunning() else {
                throw SystemError("ask the signer, which has ended: its log says why", code: -raw)
            }
            usleep(2_000)
        }
    }

    private func send(
        _ bytes: [UInt8], to socket: borrowing FileDescriptor, until end: ContinuousClock.Instant
    ) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try wait(for: POLLOUT, on: socket, until: end)
            let count = rest.withUnsafeBytes {
                Glibc.send(socket.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("ask \(path)") }
            rest = rest.dropFirst(count)
        }
    }

    private func receive(
        from socket: borrowing FileDescriptor, until end: ContinuousClock.Instant
    ) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            try wait(for: POLLIN, on: socket, until: end)
            let count = read(socket.raw, &buffer, buffer.count)
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read \(path)") }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= SignerReply.limit else {
                throw SystemError("read \(path)", code: EFBIG)
            }
        }
    }

    private func wait(
        for event: Int32, on socket: borrowing FileDescriptor, until end: ContinuousClock.Instant
    ) throws(SystemError) {
        var looked = pollfd(fd: socket.raw, events: Int16(event), revents: 0)
        while true {
            let left = (end - ContinuousClock.now).milliseconds
            guard left > 0 else { throw SystemError("ask \(path)", code: ETIMEDOUT) }
            let count = poll(&looked, 1, Int32(clamping: left))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw SystemError("ask \(path)") }
        }
    }
}
