package import Net

/// What a connection calls, on its loop.
package protocol MQTTConnectionHandler: AnyObject {
    /// The broker took us in.
    func connectionOpened(_ connection: MQTTConnection, _ answer: ConnectAckPacket)
    /// - Parameter token: for `acknowledge`; `nil` with QoS 0.
    func connection(
        _ connection: MQTTConnection, received message: MQTTMessage,
        token: MQTTConnection.Token?)
    /// The last call. `nil`: we wanted it so.
    func connectionClosed(_ connection: MQTTConnection, _ error: MQTTError?)
}

/// One connection to a broker, from CONNECT to its end, on the event loop of its channel: every
/// function belongs there. Small enough for 10,000 of them in a process; `MQTTClient` is its face
/// for tasks. A message with QoS 1 or 2 is acknowledged when its receiver says so, not before.
// Unchecked: confined to the loop.
package final class MQTTConnection: ChannelHandler, @unchecked Sendable {
    package typealias Done = (Result<Void, MQTTError>) -> Void

    /// Stands for one message that waits to be acknowledged.
    package struct Token: Sendable, Hashable {
        let id: UInt16
        let order: UInt64
    }

    enum Phase { case connecting, open, closed }

    package let loop: EventLoop
    package let options: MQTTOptions
    let channel: any ByteChannel
    /// Held from `start` to `connectionClosed`.
    var handler: (any MQTTConnectionHandler)?
    var phase = Phase.connecting
    var decoder: PacketDecoder
    var encoder: PacketEncoder
    var outbound = OutboundMessages()
    var inbound = InboundMessages()
    var keepAlive: Duration
    var timer: LoopTimer?
    var lastSent: LoopTime
    var lastReceived: LoopTime
    var pingedAt: LoopTime?
    var isFull = false
    private var onClose: [() -> Void] = []

    /// - Parameter receivedBefore: QoS 2 identifiers of this session's former connection.
    package init(
        _ channel: any ByteChannel, _ options: MQTTOptions, receivedBefore: Set<UInt16> = []
    ) {
        self.channel = channel
        self.options = options
        loop = channel.loop
        decoder = PacketDecoder(version: options.version, limit: options.packetLimit)
        encoder = PacketEncoder(version: options.version)
        keepAlive = .seconds(Int(options.keepAlive))
        lastSent = channel.loop.now
        lastReceived = channel.loop.now
        inbound.received = receivedBefore
    }

    package var isOpen: Bool { phase == .open }
    /// QoS 2 identifiers that a broker which keeps the session may send again.
    package var received: Set<UInt16> { inbound.received }
    /// Messages that are not acknowledged, or not sent yet.
    package var unacknowledged: Int { outbound.count }

    /// Sends the CONNECT. Once.
    package func start(_ handler: any MQTTConnectionHandler) {
        self.handler = handler
        channel.start(self)
        timer = loop.schedule(after: options.answerLimit) { [self] in end(.timedOut) }
        send(.connect(options.connectPacket))
    }

    /// Ends the connection in order, or without a DISCONNECT so that the broker publishes the will.
    package func disconnect(withWill: Bool = false) {
        guard phase != .closed else { return }
        if phase == .open, !withWill { send(.disconnect(.success, MQTTProperties())) }
        end(nil)
    }

    /// Runs `body` once the connection has ended; at once if it has.
    package func whenClosed(_ body: @escaping () -> Void) {
        if phase == .closed { body() } else { onClose.append(body) }
    }

    /// No more input until `resumeReading`.
    package func pauseReading() { channel.pauseReading() }
    package func resumeReading() { channel.resumeReading() }

    // MARK: Publishing

    /// - Parameter done: once; with QoS 0 as soon as the message is on its way, with QoS 1 when the
    ///   broker has it. After a failure the message may have arrived or not.
    package func publish(_ message: MQTTMessage, _ done: Done? = nil) {
        guard phase == .open else { return done?(.failure(.closed)) ?? () }
        guard message.qos != .exactlyOnce else {
            return done?(.failure(.invalid("QoS 2 is received here, not sent"))) ?? ()
        }
        guard outbound.waiting.count < options.waitingLimit else {
            return done?(.failure(.full)) ?? ()
        }
        outbound.waiting.append(OutboundMessages.Waiting(message: message, done: done))
        sendWaiting()
    }

    func sendWaiting() {
        while phase == .open, !isFull, let next = outbound.waiting.first {
            if next.message.qos == .atMostOnce {
                outbound.waiting.removeFirst()
                next.done?(write(.publish(PublishPacket(next.message))))
            } else {
                guard outbound.hasRoom else { return }
                outbound.waiting.removeFirst()
                let id = outbound.takeID()
                let result = write(.publish(PublishPacket(next.message, id: id)))
                if case .failure = result {
                    next.done?(result)
                } else {
                    outbound.flying[id] = OutboundMessages.Flying(done: next.done, since: loop.now)
                }
            }
        }
    }

    // MARK: Subscriptions

    /// - Parameter done: what was granted, or why nothing was.
    package func subscribe(
        _ subscriptions: [MQTTSubscription],
        _ done: ((Result<[ReasonCode], MQTTError>) -> Void)? = nil
    ) {
        request(done) { .subscribe(SubscribePacket(id: $0, subscriptions)) }
    }

    package func unsubscribe(
        _ filters: [String], _ done: ((Result<[ReasonCode], MQTTError>) -> Void)? = nil
    ) {
        request(done) { .unsubscribe(UnsubscribePacket(id: $0, filters)) }
    }

    private func request(
        _ done: ((Result<[ReasonCode], MQTTError>) -> Void)?, _ packet: (UInt16) -> MQTTPacket
    ) {
        guard phase == .open else { return done?(.failure(.closed)) ?? () }
        guard outbound.requests.count < 1_000 else { return done?(.failure(.full)) ?? () }
        let id = outbound.takeID()
        if case .failure(let error) = write(packet(id)) { return done?(.failure(error)) ?? () }
        outbound.requests[id] = OutboundMessages.Request(done: done, since: loop.now)
    }

    // MARK: Sending

    func send(_ packet: MQTTPacket) {
        if case .failure(let error) = write(packet) { end(error) }
    }

    func write(_ packet: MQTTPacket) -> Result<Void, MQTTError> {
        do throws(MQTTError) {
            let bytes = try encoder.encode(packet)
            lastSent = loop.now
            if channel.write(.bytes(bytes)) == .full { isFull = true }
            return .success(())
        } catch { return .failure(error) }
    }

    /// Ends the connection; `error` is told to everybody who waits.
    func end(_ error: MQTTError?) {
        guard phase != .closed else { return }
        phase = .closed
        if let timer { loop.cancel(timer) }
        timer = nil
        if error == .timedOut { channel.abort(.aborted) } else { channel.close() }
        outbound.failAll(error ?? .closed)
        let handler = handler
        self.handler = nil
        handler?.connectionClosed(self, error)
        let waiting = onClose
        onClose = []
        for body in waiting { body() }
    }
}
