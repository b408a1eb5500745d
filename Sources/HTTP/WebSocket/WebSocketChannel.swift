import Basics
package import Net

/// A WebSocket as the bytes inside its binary messages, where messages are only how they happen to
/// be cut (MQTT, RFC 6455 apart, says so). On the connection's loop, without a task.
///
/// There is no half of an end: whoever finishes closes.
package final class WebSocketChannel: ByteChannel, ChannelHandler, @unchecked Sendable {
    private let channel: any ByteChannel
    private let masks: Bool
    private var decoder: WebSocketFrameDecoder
    private var handler: (any ChannelHandler)?
    private var early: [UInt8]
    private var isStarted = false
    private var closeSent = false
    private var isEnded = false
    private var isGone = false

    /// What one message may hold; it is passed on as it comes, so it costs no memory.
    private static let maxMessage = 256 << 20
    /// A flood of pings from somebody who reads nothing must not pile up pongs.
    private static let maxPending = 65_536

    /// - Parameters:
    ///   - channel: behind its handshake, not started.
    ///   - early: what came with the handshake.
    package init(
        _ channel: any ByteChannel, role: WebSocketFrameDecoder.Role, early: [UInt8] = []
    ) {
        self.channel = channel
        self.early = early
        masks = role == .client
        decoder = WebSocketFrameDecoder(role: role, maxMessage: Self.maxMessage)
    }

    package var loop: EventLoop { channel.loop }
    package var peer: PeerAddress { channel.peer }
    package var security: ChannelSecurity? { channel.security }
    package var isOpen: Bool { channel.isOpen && !closeSent }
    package var pendingBytes: Int { channel.pendingBytes }
    package var heldBytes: Int { channel.heldBytes }
    package var writeStallLimit: Duration? {
        get { channel.writeStallLimit }
        set { channel.writeStallLimit = newValue }
    }

    package func start(_ handler: any ChannelHandler) {
        self.handler = handler
        if isGone { return loop.execute { [self] in channelClosed(nil) } }
        guard !isStarted else { return channel.resumeReading() }
        isStarted = true
        let bytes = early
        early = []
        channel.start(self)
        guard !bytes.isEmpty else { return }
        // Never within the call of whoever starts us; and before what the socket has.
        channel.pauseReading()
        loop.execute { [self] in
            channel.resumeReading()
            bytes.withUnsafeBytes { channelRead($0) }
        }
    }

    @discardableResult
    package func write(_ output: Output) -> WriteState {
        guard isOpen else { return .open }
        let frame: [UInt8] =
            switch output {
            case .bytes(let bytes):
                WebSocketFrameEncoder.frame(.binary, bytes, mask: WebSocketMask.random(masks))
            case .static(let bytes):
                WebSocketFrameEncoder.frame(
                    .binary, bytes.buffer, mask: WebSocketMask.random(masks))
            }
        return channel.write(.bytes(frame))
    }

    package func pauseReading() { channel.pauseReading() }
    package func resumeReading() { channel.resumeReading() }
    package func shutdownWrite() { close() }

    package func close() {
        sayGoodbye(1000)
        channel.close()
    }

    package func abort(_ error: NetError) { channel.abort(error) }

    private func sayGoodbye(_ code: UInt16, _ reason: String = "") {
        guard !closeSent else { return }
        closeSent = true
        channel.write(
            .bytes(
                WebSocketFrameEncoder.close(
                    code: code, reason: reason, mask: WebSocketMask.random(masks))))
    }

    // MARK: The connection's calls

    package func channelRead(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        do throws(WebSocketFault) {
            while !rest.isEmpty, isOpen, !isEnded {
                let (count, event) = try decoder.decode(rest)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                deliver(decoder.takeBinary())
                guard let event else { continue }
                try take(event)
            }
        } catch {
            guard case .violation(let code, let reason) = error else { return }
            refuse(code, reason)
        }
    }

    private func take(_ event: WebSocketFrameDecoder.Event) throws(WebSocketFault) {
        switch event {
        case .message(.binary(let bytes)): deliver(bytes)
        case .message(.text): throw .violation(code: 1003, reason: "binary messages only")
        case .ping(let payload):
            guard channel.pendingBytes < Self.maxPending else { return }
            channel.write(
                .bytes(
                    WebSocketFrameEncoder.frame(
                        .pong, payload, mask: WebSocketMask.random(masks))))
        case .pong: break
        case .close(let code, _):
            end()
            sayGoodbye(code == 1005 ? 1000 : code)
            channel.close()
        }
    }

    private func deliver(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        bytes.withUnsafeBytes { handler?.channelRead($0) }
    }

    private func refuse(_ code: UInt16, _ reason: String) {
        sayGoodbye(code, reason)
        end()
        channel.close()
    }

    private func end() {
        guard !isEnded else { return }
        isEnded = true
        handler?.channelReadEnded()
    }

    package func channelReadEnded() {
        end()
        // Without a close frame the other side has gone all the same.
        channel.close()
    }

    package func channelDrained() { handler?.channelDrained() }

    package func channelClosed(_ error: NetError?) {
        isGone = true
        let handler = self.handler
        self.handler = nil
        handler?.channelClosed(error)
    }
}
