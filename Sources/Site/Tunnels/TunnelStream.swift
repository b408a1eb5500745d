import Basics
package import Net

/// One connection inside a tunnel. To everybody else it is a connection like any other; confined to
/// the loop of its tunnel.
package final class TunnelStream: ByteChannel, @unchecked Sendable {
    package let loop: EventLoop
    package let peer: PeerAddress
    package let security: ChannelSecurity? = nil
    /// The tunnel's own connection is what stalls.
    package var writeStallLimit: Duration?

    let id: UInt32
    private weak var tunnel: Tunnel?
    private var handler: (any ChannelHandler)?
    private var opening: ((Result<any ByteChannel, NetError>) -> Void)?

    private var input: [UInt8] = []
    private var isPaused = true
    private var readEnded = false
    private var toldEnd = false
    private var isDelivering = false
    /// What the other side may still send, and what it was not yet told that it may again.
    private var granted = TunnelFrame.initialWindow
    private var consumed = 0

    private var output: [UInt8] = []
    private var outputStart = 0
    private var allowed = TunnelFrame.initialWindow
    private var wasFull = false
    private var wantsEnd = false
    private var sentEnd = false
    private var wantsClose = false
    private var isGone = false
    private var linger: LoopTimer?

    /// As for sockets: so long a stream that we have closed waits for the other side's end.
    private static let lingerTime = Duration.seconds(2)

    init(
        _ id: UInt32, in tunnel: Tunnel,
        opening: ((Result<any ByteChannel, NetError>) -> Void)? = nil
    ) {
        self.id = id
        self.tunnel = tunnel
        self.opening = opening
        loop = tunnel.loop
        peer = PeerAddress(host: "tunnel", port: 0, localPort: 0)
    }

    package var isOpen: Bool { !isGone && !wantsClose }
    package var pendingBytes: Int { output.count - outputStart }
    package var heldBytes: Int { pendingBytes }

    // MARK: What its user calls

    package func start(_ handler: any ChannelHandler) {
        self.handler = handler
        if isGone { return loop.execute { [self] in tellClosed(nil) } }
        resumeReading()
    }

    @discardableResult
    package func write(_ output: Output) -> WriteState {
        guard isOpen, !wantsEnd else { return .open }
        switch output {
        case .bytes(let bytes): self.output += bytes
        case .static(let bytes): self.output += [UInt8](bytes.buffer)
        }
        tunnel?.ready(self)
        guard pendingBytes >= WaterMark.high else { return .open }
        wasFull = true
        return .full
    }

    package func pauseReading() { isPaused = true }

    package func resumeReading() {
        guard isPaused, isOpen else { return }
        isPaused = false
        // Never from within the caller.
        if !input.isEmpty || readEnded { loop.execute { [self] in deliver() } }
    }

    package func shutdownWrite() {
        guard isOpen, !wantsEnd else { return }
        wantsEnd = true
        tunnel?.ready(self)
    }

    package func close() {
        guard isOpen else { return }
        wantsClose = true
        wantsEnd = true
        input = []
        tunnel?.ready(self)
        if readEnded, sentEnd { return depart(nil) }
        linger = loop.schedule(after: Self.lingerTime) { [weak self] in
            guard let self else { return }
            linger = nil
            tunnel?.send(TunnelFrame(id, .reset("closed")))
            depart(nil)
        }
    }

    package func abort(_ error: NetError) {
        guard !isGone else { return }
        tunnel?.send(TunnelFrame(id, .reset("aborted")))
        depart(error)
    }

    // MARK: What its tunnel calls

    func opened() {
        let opening = self.opening
        self.opening = nil
        opening?(.success(self))
    }

    /// - Returns: `false` if more came than was granted.
    func received(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= granted, !readEnded else { return false }
        granted -= bytes.count
        if wantsClose || isGone {
            consume(bytes.count)
        } else {
            input += bytes
            deliver()
        }
        return true
    }

    func receivedEnd() {
        guard !readEnded else { return }
        readEnded = true
        if wantsClose, sentEnd { return depart(nil) }
        deliver()
    }

    /// - Returns: `false` for a window beyond all measure.
    func receivedWindow(_ count: Int) -> Bool {
        allowed += count
        guard allowed <= 16 << 20 else { return false }
        tunnel?.ready(self)
        return true
    }

    func receivedReset(_ reason: String) { depart(opening == nil ? .reset : .refused) }

    /// The tunnel is gone, or this stream is.
    func depart(_ error: NetError?) {
        guard !isGone else { return }
        isGone = true
        if let linger { loop.cancel(linger) }
        linger = nil
        input = []
        output = []
        outputStart = 0
        tunnel?.forget(self)
        loop.execute { [self] in tellClosed(error) }
    }

    private func tellClosed(_ error: NetError?) {
        let (opening, handler) = (self.opening, self.handler)
        (self.opening, self.handler) = (nil, nil)
        opening?(.failure(error ?? .reset))
        handler?.channelClosed(error)
    }

    private func deliver() {
        guard !isDelivering, handler != nil else { return }
        isDelivering = true
        defer { isDelivering = false }
        while !isPaused, isOpen, !input.isEmpty {
            let bytes = input
            input = []
            bytes.withUnsafeBytes { handler?.channelRead($0) }
            consume(bytes.count)
        }
        guard readEnded, input.isEmpty, !isPaused, isOpen, !toldEnd else { return }
        toldEnd = true
        handler?.channelReadEnded()
        if sentEnd { depart(nil) }
    }

    private func consume(_ count: Int) {
        consumed += count
        guard consumed >= TunnelFrame.initialWindow / 4, !readEnded, !isGone else { return }
        granted += consumed
        tunnel?.send(TunnelFrame(id, .window(consumed)))
        consumed = 0
    }

    /// The next frame that may go, if there is one.
    func nextFrame() -> TunnelFrame? {
        guard !isGone, opening == nil else { return nil }
        let count = min(pendingBytes, allowed, TunnelFrame.portion)
        if count > 0 {
            let part = Array(output[outputStart..<outputStart + count])
            outputStart += count
            allowed -= count
            if outputStart == output.count {
                output = []
                outputStart = 0
            } else if outputStart > WaterMark.high {
                output.removeFirst(outputStart)
                outputStart = 0
            }
            if wasFull, pendingBytes <= WaterMark.low {
                wasFull = false
                loop.execute { [self] in if isOpen { handler?.channelDrained() } }
            }
            return TunnelFrame(id, .data(part))
        }
        guard wantsEnd, !sentEnd, pendingBytes == 0 else { return nil }
        sentEnd = true
        if readEnded, wantsClose || toldEnd { loop.execute { [self] in depart(nil) } }
        return TunnelFrame(id, .end)
    }
}
