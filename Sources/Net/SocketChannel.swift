import Basics
import CLinux
import Glibc

/// A socket without TLS; `TLSChannel` builds on it.
package class SocketChannel: ByteChannel, EventSource, @unchecked Sendable {
    enum State { case connecting, handshaking, open, lingering, closed }

    enum Transfer {
        case moved(Int)
        case blocked
        case ended
        case failed(NetError)
    }

    package let loop: EventLoop
    package private(set) var peer: PeerAddress
    package internal(set) var security: ChannelSecurity?
    package var writeStallLimit: Duration? = .seconds(60)

    let fd: Int32
    var state: State
    /// The last read, or write, did not say that it would block.
    var readable = false
    var writable = false
    var hungUp = false
    var paused = true
    var readEnded = false
    var wantsShutdown = false
    var wantsClose = false
    var sentShutdown = false
    private var isDirty = false
    private var isQueued = false
    private var wasFull = false
    var queue = WriteQueue()
    var handler: (any ChannelHandler)?
    var key: SlotKey?
    var opening: ((Result<Void, NetError>) -> Void)?
    // Timers hold the channel until `depart` cancels them.
    var deadline: LoopTimer?
    var stall: LoopTimer?
    private var lastProgress = LoopTime(nanoseconds: 0)
    var discarded = 0
    var failure: NetError?
    var departure: (() -> Void)?

    /// How long, and for how many bytes, a closed channel waits for its peer's end.
    static let lingerTime = Duration.seconds(2)
    static let lingerBytes = 16 << 20

    /// - Parameter fd: non-blocking; the channel closes it.
    init(_ loop: EventLoop, _ fd: Int32, connecting: Bool) {
        self.loop = loop
        self.fd = fd
        state = connecting ? .connecting : .handshaking
        peer = PeerAddress(of: fd)
    }

    package var isOpen: Bool { state == .open && !wantsClose }
    package var pendingBytes: Int { queue.pending }
    package var heldBytes: Int { queue.held }

    // MARK: Opening

    /// - Parameter opened: called once; after a failure the channel is closed.
    func open(limit: Duration, _ opened: @escaping (Result<Void, NetError>) -> Void) {
        opening = opened
        let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        do throws(NetError) {
            key = try loop.register(fd, self, events)
        } catch {
            Glibc.close(fd)
            return depart(error)
        }
        deadline = loop.schedule(after: limit) { [self] in
            abort(.timedOut(state == .connecting ? .connect : .handshake))
        }
        if state == .handshaking {
            (readable, writable) = (true, true)
            advanceOpening()
        }
    }

    /// Called when the channel has gone, before its handler is told.
    func onDeparture(_ body: @escaping () -> Void) { departure = body }

    private func advanceOpening() {
        if state == .connecting {
            guard writable else { return }
            let code = clinux_socket_error(fd)
            guard code == 0 else { return abort(NetError.from(code, "connect")) }
            peer = PeerAddress(of: fd)
            state = .handshaking
        }
        switch handshake() {
        case .blocked: return
        case .failed(let error): return abort(error)
        case .moved, .ended: break
        }
        state = .open
        clinux_tune_tcp(fd)
        if let deadline { loop.cancel(deadline) }
        deadline = nil
        let opened = opening
        opening = nil
        opened?(.success(()))
    }

    // MARK: What TLS does otherwise

    func handshake() -> Transfer { .moved(0) }

    func receive(_ buffer: UnsafeMutableRawBufferPointer) -> Transfer {
        while true {
            let count = recv(fd, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                // Less than there is room for: nothing is left, and the next byte makes an event.
                if count < buffer.count, !hungUp { readable = false }
                return .moved(count)
            }
            if count == 0 { return .ended }
            if errno == EINTR { continue }
            if errno == EAGAIN { return .blocked }
            return .failed(NetError.from(errno, "read"))
        }
    }

    func transmit(_ queue: borrowing WriteQueue) -> Transfer {
        while true {
            let count = queue.withVectors(limit: 16) { writev(fd, $0.baseAddress, Int32($0.count)) }
            if count >= 0 { return .moved(count) }
            if errno == EINTR { continue }
            if errno == EAGAIN { return .blocked }
            return .failed(NetError.from(errno, "write"))
        }
    }

    /// `blocked` if it must be called again when something has moved.
    func sendShutdown() -> Transfer {
        Glibc.shutdown(fd, Int32(SHUT_WR))
        return .moved(0)
    }

    /// What waits for the one direction may need the other to move.
    func crossed(readable: Bool, writable: Bool) {}

    /// Frees what lies on the socket, before the socket goes.
    func release() {}

    // MARK: Events

    func handle(_ mask: UInt32) {
        guard state != .closed else { return }
        if mask == 0 { isQueued = false }
        if mask & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            hungUp = true
            (readable, writable) = (true, true)
        }
        if mask & EPOLLIN.rawValue != 0 { readable = true }
        if mask & EPOLLOUT.rawValue != 0 { writable = true }
        if mask != 0 {
            crossed(
                readable: mask & EPOLLIN.rawValue != 0, writable: mask & EPOLLOUT.rawValue != 0)
        }
        if state == .connecting || state == .handshaking {
            guard mask != 0 else { return }
            advanceOpening()
        }
        guard state == .open || state == .lingering else { return }
        if mask & EPOLLERR.rawValue != 0 {
            let code = clinux_socket_error(fd)
            return abort(code == 0 ? .reset : NetError.from(code, "socket"))
        }
        // It has its turn already, later in this one.
        if isQueued { return }
        if writable, !queue.isEmpty || wantsShutdown { flush() }
        if state == .lingering { discardInput() } else { readInput() }
    }

    private func readInput() {
        var budget = loop.options.fairShare.bytes
        while readable, !paused, !readEnded, isOpen, budget > 0 {
            switch receive(loop.input) {
            case .moved(let count):
                budget -= count
                loop.countReceived(count)
                handler?.channelRead(UnsafeRawBufferPointer(rebasing: loop.input[..<count]))
            case .blocked: readable = false
            case .ended:
                readEnded = true
                handler?.channelReadEnded()
                if sentShutdown { return depart(nil) }
            case .failed(let error): return abort(error)
            }
        }
        if readable, !paused, !readEnded, isOpen { continueNextTurn() }
    }

    func continueNextTurn() {
        guard !isQueued, let key else { return }
        isQueued = true
        loop.countRequeue()
        loop.requeue(key)
    }

    package func start(_ handler: any ChannelHandler) {
        self.handler = handler
        guard state != .closed else { return loop.execute { [self] in tellClosed() } }
        resumeReading()
    }

    package func pauseReading() { paused = true }

    package func resumeReading() {
        guard paused, isOpen else { return }
        paused = false
        // Never from within the caller: it may be in the middle of a read.
        if readable, !readEnded, !isQueued, let key {
            isQueued = true
            loop.requeue(key)
        }
    }

    // MARK: Writing

    @discardableResult
    package func write(_ output: Output) -> WriteState {
        guard isOpen, !wantsShutdown else { return .open }
        if queue.isEmpty { lastProgress = loop.now }
        queue.append(output) { loop.takeSpare() }
        if queue.pending >= WaterMark.high {
            if writable { flush() }
            if queue.pending >= WaterMark.high {
                wasFull = true
                return .full
            }
        }
        markDirty()
        return .open
    }

    private func markDirty() {
        guard !isDirty else { return }
        isDirty = true
        loop.flushLater(self)
    }

    func flushDirty() {
        isDirty = false
        if state == .open, writable { flush() } else { armStall() }
    }

    private func flush() {
        var budget = loop.options.fairShare.bytes
        while writable, !queue.isEmpty, budget > 0 {
            switch transmit(queue) {
            case .moved(let count):
                budget -= count
                queue.consume(count)
                lastProgress = loop.now
            case .blocked: writable = false
            case .ended: return abort(.reset)
            case .failed(let error): return abort(error)
            }
        }
        if queue.isEmpty {
            if let tail = queue.takeDrainedTail() { loop.giveSpare(tail) }
            if wantsShutdown, !sentShutdown { finishWriting() }
        } else if writable {
            continueNextTurn()
        }
        armStall()
        // The caller of a `write` that flushes must not be called back within it.
        if wasFull, queue.pending <= WaterMark.low, state == .open {
            wasFull = false
            loop.execute { [self] in
                if state == .open { handler?.channelDrained() }
            }
        }
    }

    private func armStall() {
        guard let limit = writeStallLimit, !queue.isEmpty, state == .open, stall == nil else {
            return
        }
        stall = loop.schedule(after: (lastProgress + limit) - loop.now) { [self] in
            stall = nil
            guard !queue.isEmpty, let limit = writeStallLimit else { return }
            if loop.now - lastProgress >= limit { abort(.timedOut(.write)) } else { armStall() }
        }
    }
}
