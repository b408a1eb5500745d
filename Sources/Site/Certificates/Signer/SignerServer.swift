package import Basics
import CLinux
import Glibc

/// The signer's door: a Unix socket, one question a connection, only from the appliance's user.
///
/// One thread, no event loop: who asks slowly is put aside by poll(2), not waited for.
package struct SignerServer: Sendable {
    /// Connections at once; the appliance needs one or two.
    private static let most = 32
    /// From the first byte to the last.
    private static let patience = Duration.seconds(5)

    private let desk: SignerDesk
    private let path: String
    private let user: UInt32

    /// - Parameter user: who may ask.
    package init(desk: SignerDesk, path: String, user: UInt32) {
        self.desk = desk
        self.path = path
        self.user = user
    }

    /// Serves until `input` ends: the other end of it is the appliance's, however that ends.
    /// - Parameter input: `nil`: for ever.
    package func run(while input: Int32?) throws(SystemError) {
        let listener = try listen()
        var callers: [SignerCaller] = []
        while true {
            var looked = [pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0)]
            looked.append(pollfd(fd: input ?? -1, events: Int16(POLLIN), revents: 0))
            for caller in callers {
                looked.append(pollfd(fd: caller.raw, events: caller.events, revents: 0))
            }
            let soonest = callers.map(\.deadline).min()
            let wait = soonest.map { max(0, ($0 - ContinuousClock.now).milliseconds + 1) } ?? -1
            let count = poll(&looked, nfds_t(looked.count), Int32(clamping: wait))
            if count < 0, errno != EINTR { throw SystemError("wait for callers of \(path)") }
            guard count > 0 || soonest != nil else { continue }
            if looked[1].revents != 0, isOver(input) { return }
            let now = ContinuousClock.now
            for (index, caller) in callers.enumerated() {
                if looked[index + 2].revents != 0 { caller.go(on: desk) }
                if now >= caller.deadline { caller.end() }
            }
            callers.removeAll(where: \.isOver)
            if looked[0].revents != 0 { accept(listener, &callers) }
        }
    }

    /// The signer of an appliance that has just died may still hold it.
    private func listen() throws(SystemError) -> FileDescriptor {
        let end = ContinuousClock.now + .seconds(10)
        while true {
            let raw = clinux_listen_unix(path, 0o600, 64)
            if let listener = FileDescriptor(owning: raw) { return listener }
            guard -raw == EADDRINUSE, ContinuousClock.now < end else {
                throw SystemError("listen on \(path)", code: -raw)
            }
            usleep(20_000)
        }
    }

    private func isOver(_ input: Int32?) -> Bool {
        guard let input else { return false }
        var byte: UInt8 = 0
        let count = read(input, &byte, 1)
        return count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)
    }

    private func accept(_ listener: borrowing FileDescriptor, _ callers: inout [SignerCaller]) {
        // A flood takes turns with those that are being served.
        for _ in 0..<Self.most {
            guard let socket = FileDescriptor(owning: clinux_accept(listener.raw)) else { return }
            var peer = clinux_peer()
            guard clinux_describe(socket.raw, &peer) == 0, peer.user == Int32(bitPattern: user)
            else {
                desk.noteStranger("a connection of user \(peer.user)")
                continue
            }
            guard callers.count < Self.most else { continue }
            callers.append(SignerCaller(socket, deadline: ContinuousClock.now + Self.patience))
        }
    }
}

/// One connection: reads a frame, then writes an answer, then is over.
private final class SignerCaller {
    private let socket: FileDescriptor
    let deadline: ContinuousClock.Instant
    private var read: [UInt8] = []
    private var answer: ArraySlice<UInt8>?
    private(set) var isOver = false

    init(_ socket: consuming FileDescriptor, deadline: ContinuousClock.Instant) {
        self.socket = socket
        self.deadline = deadline
    }

    var raw: Int32 { socket.raw }
    var events: Int16 { Int16(answer == nil ? POLLIN : POLLOUT) }

    func end() { isOver = true }

    func go(on desk: SignerDesk) {
        if answer == nil { receive(desk) }
        if answer != nil { transmit() }
    }

    private func receive(_ desk: SignerDesk) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(socket.raw, &buffer, buffer.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return end() }
        read += buffer[..<count]
        guard read.count >= SignerRequest.headLength else { return }
        guard let head = SignerRequest.head(read.prefix(SignerRequest.headLength)) else {
            return refuse("no request of ours", desk)
        }
        let whole = SignerRequest.headLength + head.length
        guard read.count >= whole else { return }
        // More than one frame: who sends that expects something else.
        guard read.count == whole,
            let request = SignerRequest(
                head.verb, payload: read.dropFirst(SignerRequest.headLength))
        else { return refuse("a malformed request", desk) }
        answer = desk.answer(request).frame[...]
    }

    private func refuse(_ what: String, _ desk: SignerDesk) {
        desk.noteStranger(what)
        answer = SignerReply.refused("That is \(what).").frame[...]
    }

    private func transmit() {
        guard let bytes = answer else { return }
        let count = bytes.withUnsafeBytes {
            send(socket.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0, count < bytes.count else { return end() }
        answer = bytes.dropFirst(count)
    }
}
