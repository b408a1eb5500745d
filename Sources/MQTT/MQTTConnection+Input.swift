package import Net

extension MQTTConnection {
    package func channelRead(_ bytes: UnsafeRawBufferPointer) {
        guard phase != .closed else { return }
        lastReceived = loop.now
        decoder.append(bytes)
        do throws(MQTTError) {
            while phase != .closed, let packet = try decoder.next() { try handle(packet) }
        } catch {
            if options.version == .v5, phase == .open {
                let reason: ReasonCode =
                    if case .tooLarge = error { .packetTooLarge } else { .protocolError }
                _ = write(.disconnect(reason, MQTTProperties()))
            }
            end(error)
        }
    }

    package func channelReadEnded() { end(.closed) }

    package func channelDrained() {
        isFull = false
        sendWaiting()
    }

    package func channelClosed(_ error: NetError?) {
        end(error.map { .net($0) } ?? .closed)
    }

    private func handle(_ packet: MQTTPacket) throws(MQTTError) {
        if phase == .connecting {
            guard case .connectAck(let answer) = packet else {
                throw .malformed("the first answer is not a CONNACK")
            }
            return try open(answer)
        }
        switch packet {
        case .publish(let publish): try receive(publish)
        case .acknowledge(let packet): try acknowledged(packet)
        case .subscribeAck(let packet), .unsubscribeAck(let packet):
            guard let request = outbound.requests.removeValue(forKey: packet.id) else {
                throw .malformed("an answer to nothing")
            }
            request.done?(.success(packet.reasons))
        case .pingResponse: pingedAt = nil
        case .disconnect(let reason, _):
            guard options.version == .v5 else { throw .malformed("a DISCONNECT by the broker") }
            end(.disconnected(reason))
        default: throw .malformed("a packet that a broker never sends")
        }
    }

    private func open(_ answer: ConnectAckPacket) throws(MQTTError) {
        guard answer.reason == .success else {
            throw .refused(answer.reason, answer.properties.text(.reasonString))
        }
        guard !answer.sessionPresent || !options.cleanStart else {
            throw .malformed("a session that was not asked for")
        }
        if !answer.sessionPresent { inbound.received = [] }
        let theirs = answer.properties.number(.receiveMaximum).map { Int($0) } ?? 65_535
        outbound.window = min(options.window, theirs)
        if let limit = answer.properties.number(.maximumPacketSize) { encoder.limit = Int(limit) }
        if let seconds = answer.properties.number(.serverKeepAlive) {
            keepAlive = .seconds(Int(seconds))
        }
        phase = .open
        watch()
        handler?.connectionOpened(self, answer)
        sendWaiting()
    }

    // MARK: Messages that arrive

    private func receive(_ packet: PublishPacket) throws(MQTTError) {
        guard packet.message.properties[.topicAlias] == nil else {
            throw .malformed("a topic alias that we do not offer")
        }
        guard packet.id != 0 else {
            return handler?.connection(self, received: packet.message, token: nil) ?? ()
        }
        guard inbound.count < InboundMessages.limit else {
            throw .malformed("far more messages than our receive maximum")
        }
        if packet.message.qos == .exactlyOnce {
            guard inbound.received.insert(packet.id).inserted else {
                // Here already: answered at once, unless its receiver still has it.
                if !inbound.isWaiting(packet.id) {
                    send(.acknowledge(AcknowledgePacket(.received, id: packet.id)))
                }
                return
            }
        }
        let token = inbound.add(packet.id, packet.message.qos)
        handler?.connection(self, received: packet.message, token: token)
    }

    /// Tells the broker that the message is in safe hands. Acknowledgements go out in the order in
    /// which the messages came (MQTT §4.6), so one that waits holds back those behind it.
    package func acknowledge(_ token: Token) {
        guard phase == .open else { return }
        for (id, qos) in inbound.acknowledge(token) {
            send(
                .acknowledge(AcknowledgePacket(qos == .exactlyOnce ? .received : .publish, id: id)))
        }
    }

    // MARK: Answers to what we sent

    private func acknowledged(_ packet: AcknowledgePacket) throws(MQTTError) {
        switch packet.kind {
        case .publish:
            guard let flying = outbound.flying.removeValue(forKey: packet.id) else {
                throw .malformed("an acknowledgement of nothing")
            }
            flying.done?(
                packet.reason.isFailure
                    ? .failure(.refused(packet.reason, packet.properties.text(.reasonString)))
                    : .success(()))
            sendWaiting()
        case .release:
            inbound.received.remove(packet.id)
            send(.acknowledge(AcknowledgePacket(.complete, id: packet.id)))
        case .received, .complete: throw .malformed("an acknowledgement of nothing")
        }
    }

    // MARK: Keep-alive

    /// Looks again when a ping, the answer to one or an acknowledgement may be due.
    private func watch() {
        if let timer { loop.cancel(timer) }
        var pause = options.answerLimit
        if keepAlive > .zero {
            pause = min(pause, min(lastSent, lastReceived) + keepAlive - loop.now)
        }
        timer = loop.schedule(after: max(pause, .milliseconds(10))) { [self] in look() }
    }

    private func look() {
        let now = loop.now
        if let pingedAt, now - pingedAt >= min(options.answerLimit, max(keepAlive, .seconds(1))),
            lastReceived <= pingedAt
        {
            return end(.timedOut)
        }
        if let oldest = outbound.oldest, now - oldest >= options.answerLimit {
            return end(.timedOut)
        }
        if keepAlive > .zero, pingedAt == nil, now - min(lastSent, lastReceived) >= keepAlive {
            pingedAt = now
            send(.pingRequest)
        }
        if phase == .open { watch() }
    }
}
