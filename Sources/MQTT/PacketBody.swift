/// Reads what follows the fixed header of one packet.
struct PacketBody {
    private let type: UInt8
    private let flags: UInt8
    private let version: MQTTVersion?

    init(_ first: UInt8, _ version: MQTTVersion?) {
        type = first >> 4
        flags = first & 0x0F
        self.version = version
    }

    func read(_ bytes: UnsafeRawBufferPointer) throws(MQTTError) -> MQTTPacket {
        // PUBLISH has flags of its own; PUBREL, SUBSCRIBE and UNSUBSCRIBE must have 2.
        let expected: UInt8 = type == 6 || type == 8 || type == 10 ? 2 : 0
        guard type == 3 || flags == expected else { throw .malformed("reserved bits are set") }
        var reader = PacketReader(bytes)
        let packet = try read(&reader)
        guard reader.isAtEnd else { throw .malformed("bytes behind the last field") }
        return packet
    }

    private func read(_ reader: inout PacketReader) throws(MQTTError) -> MQTTPacket {
        if type == 1 { return .connect(try connect(&reader)) }
        guard let version else { throw .malformed("the first packet is not a CONNECT") }
        switch type {
        case 2: return .connectAck(try connectAck(&reader, version))
        case 3: return .publish(try publish(&reader, version))
        case 4...7: return .acknowledge(try acknowledge(&reader, version))
        case 8: return .subscribe(try subscribe(&reader, version))
        case 9: return .subscribeAck(try subscribeAck(&reader, version))
        case 10: return .unsubscribe(try unsubscribe(&reader, version))
        case 11: return .unsubscribeAck(try unsubscribeAck(&reader, version))
        case 12: return .pingRequest
        case 13: return .pingResponse
        case 14:
            if version == .v311 { return .disconnect(.success, MQTTProperties()) }
            let (reason, properties) = try ending(&reader, .disconnect)
            return .disconnect(reason, properties)
        case 15 where version == .v5:
            let (reason, properties) = try ending(&reader, .authenticate)
            return .authenticate(reason, properties)
        default: throw .malformed("packet type \(type)")
        }
    }

    private func connect(_ reader: inout PacketReader) throws(MQTTError) -> ConnectPacket {
        guard try reader.text() == "MQTT", let version = MQTTVersion(rawValue: try reader.byte())
        else { throw .malformed("neither MQTT 3.1.1 nor MQTT 5") }
        let flags = try reader.byte()
        let willQoS = MQTTQoS(rawValue: flags >> 3 & 3)
        guard flags & 1 == 0, let willQoS else { throw .malformed("reserved bits are set") }
        guard flags & 0x04 != 0 || flags & 0x38 == 0 else {
            throw .malformed("flags of a will that is not there")
        }
        guard version == .v5 || flags & 0xC0 != 0x40 else {
            throw .malformed("a password without a user name")
        }
        var packet = ConnectPacket(version, clientID: "")
        packet.cleanStart = flags & 0x02 != 0
        packet.keepAlive = try reader.short()
        if version == .v5 { packet.properties = try reader.properties(.connect) }
        packet.clientID = try reader.text()
        if flags & 0x04 != 0 {
            var will = MQTTMessage("", [], qos: willQoS, isRetained: flags & 0x20 != 0)
            if version == .v5 { will.properties = try reader.properties(.will) }
            will.topic = try topicName(&reader)
            will.payload = try reader.binary()
            packet.will = will
        }
        if flags & 0x80 != 0 { packet.username = try reader.text() }
        if flags & 0x40 != 0 { packet.password = try reader.binary() }
        return packet
    }

    private func connectAck(
        _ reader: inout PacketReader, _ version: MQTTVersion
    ) throws(MQTTError) -> ConnectAckPacket {
        var packet = ConnectAckPacket()
        let flags = try reader.byte()
        guard flags <= 1 else { throw .malformed("reserved bits are set") }
        packet.sessionPresent = flags == 1
        let code = try reader.byte()
        if version == .v5 {
            packet.reason = ReasonCode(rawValue: code)
            packet.properties = try reader.properties(.connectAck)
        } else {
            guard let reason = ReasonCode(connectCode: code) else {
                throw .malformed("answer \(code) to a CONNECT")
            }
            packet.reason = reason
        }
        guard !packet.sessionPresent || packet.reason == .success else {
            throw .malformed("a session with a refusal")
        }
        return packet
    }

    private func publish(
        _ reader: inout PacketReader, _ version: MQTTVersion
    ) throws(MQTTError) -> PublishPacket {
        guard let qos = MQTTQoS(rawValue: flags >> 1 & 3) else { throw .malformed("QoS 3") }
        let isDuplicate = flags & 8 != 0
        guard !isDuplicate || qos != .atMostOnce else {
            throw .malformed("a duplicate with QoS 0")
        }
        let topic = try reader.text()
        let id = qos == .atMostOnce ? 0 : try reader.packetID()
        var message = MQTTMessage(topic, [], qos: qos, isRetained: flags & 1 != 0)
        if version == .v5 { message.properties = try reader.properties(.publish) }
        let hasAlias = message.properties[.topicAlias] != nil
        guard MQTTTopic.isName(topic) || (topic.isEmpty && hasAlias) else {
            throw .malformed("not a topic name")
        }
        if let response = message.responseTopic, !MQTTTopic.isName(response) {
            throw .malformed("not a response topic")
        }
        message.payload = try reader.rest()
        return PublishPacket(message, id: id, isDuplicate: isDuplicate)
    }

    private func acknowledge(
        _ reader: inout PacketReader, _ version: MQTTVersion
    ) throws(MQTTError) -> AcknowledgePacket {
        guard let kind = AcknowledgePacket.Kind(rawValue: type) else {
            throw .malformed("packet type \(type)")
        }
        var packet = AcknowledgePacket(kind, id: try reader.packetID())
        guard version == .v5, !reader.isAtEnd else { return packet }
        packet.reason = ReasonCode(rawValue: try reader.byte())
        if !reader.isAtEnd { packet.properties = try reader.properties(.acknowledgement) }
        return packet
    }

    private func subscribe(
        _ reader: inout PacketReader, _ version: MQTTVersion
    ) throws(MQTTError) -> SubscribePacket {
        var packet = SubscribePacket(id: try reader.packetID(), [])
        if version == .v5 { packet.properties = try reader.properties(.subscribe) }
        repeat {
            let filter = try topicFilter(&reader)
            let options = try reader.byte()
            guard let qos = MQTTQoS(rawValue: options & 3), options & 0xC0 == 0,
                options & 0x30 != 0x30, version == .v5 || options & 0xFC == 0
            else { throw .malformed("options of a subscription") }
            var subscription = MQTTSubscription(filter, qos: qos)
            subscription.noLocal = options & 0x04 != 0
            subscription.retainAsPublished = options & 0x08 != 0
            subscription.retainHandling = options >> 4
            guard !subscription.noLocal || !MQTTTopic.isShared(filter) else {
                throw .malformed("a shared subscription that is not local")
            }
            packet.subscriptions.append(subscription)
        } while !reader.isAtEnd
        return packet
    }

    private func subscribeAck(
        _ reader: inout PacketReader, _ version: MQTTVersion
    ) throws(MQTTError) -> SubscribeAckPacket {
        var packet = SubscribeAckPacket(id: try reader.packetID(), [])
        if version == .v5 { packet.properties = try reader.properties(.subscribeAck) }
        packet.reasons = try reader.rest().map { ReasonCode(rawValue: $0) }
        guard !packet.reasons.isEmpty else { throw .malformed("an answer to nothing") }
        guard packet.reasons.allSatisfy({ $0.rawValue <= 2 || $0.isFailure }) else {
            throw .malformed("an unknown answer to a SUBSCRIBE")
        }
        return packet
    }

    private func unsubscribe(
        _ reader: inout PacketReader, _ version: MQTTVersion
    ) throws(MQTTError) -> UnsubscribePacket {
        var packet = UnsubscribePacket(id: try reader.packetID(), [])
        if version == .v5 { packet.properties = try reader.properties(.unsubscribe) }
        repeat { packet.filters.append(try topicFilter(&reader)) } while !reader.isAtEnd
        return packet
    }

    private func unsubscribeAck(
        _ reader: inout PacketReader, _ version: MQTTVersion
    ) throws(MQTTError) -> SubscribeAckPacket {
        var packet = SubscribeAckPacket(id: try reader.packetID(), [])
        guard version == .v5 else { return packet }
        packet.properties = try reader.properties(.unsubscribeAck)
        packet.reasons = try reader.rest().map { ReasonCode(rawValue: $0) }
        guard !packet.reasons.isEmpty else { throw .malformed("an answer to nothing") }
        return packet
    }

    private func ending(
        _ reader: inout PacketReader, _ place: PropertyKind.Place
    ) throws(MQTTError) -> (ReasonCode, MQTTProperties) {
        guard !reader.isAtEnd else { return (.success, MQTTProperties()) }
        let reason = ReasonCode(rawValue: try reader.byte())
        guard !reader.isAtEnd else { return (reason, MQTTProperties()) }
        return (reason, try reader.properties(place))
    }

    private func topicName(_ reader: inout PacketReader) throws(MQTTError) -> String {
        let topic = try reader.text()
        guard MQTTTopic.isName(topic) else { throw .malformed("not a topic name") }
        return topic
    }

    private func topicFilter(_ reader: inout PacketReader) throws(MQTTError) -> String {
        let filter = try reader.text()
        guard MQTTTopic.isFilter(filter) else { throw .malformed("not a topic filter") }
        return filter
    }
}
