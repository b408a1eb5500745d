/// Writes packets. Pure.
package struct PacketEncoder: Sendable {
    package let version: MQTTVersion
    /// Bytes of a packet that the other end takes.
    package var limit: Int

    package init(version: MQTTVersion, limit: Int = 268_435_460) {
        self.version = version
        self.limit = limit
    }

    /// - Throws: `.tooLarge`, or `.invalid` for what the version or the format can't say.
    package func encode(_ packet: MQTTPacket) throws(MQTTError) -> [UInt8] {
        let body: [UInt8]
        let first: UInt8
        switch packet {
        case .connect(let connect): (first, body) = (0x10, try self.body(connect))
        case .connectAck(let answer): (first, body) = (0x20, try self.body(answer))
        case .publish(let publish): return try encode(publish)
        case .acknowledge(let packet):
            first = packet.kind.rawValue << 4 | (packet.kind == .release ? 2 : 0)
            body = try self.body(packet)
        case .subscribe(let packet): (first, body) = (0x82, try self.body(packet))
        case .subscribeAck(let packet): (first, body) = (0x90, try self.body(packet, true))
        case .unsubscribe(let packet): (first, body) = (0xA2, try self.body(packet))
        case .unsubscribeAck(let packet):
            (first, body) = (0xB0, try self.body(packet, version == .v5))
        case .pingRequest: return [0xC0, 0]
        case .pingResponse: return [0xD0, 0]
        case .disconnect(let reason, let properties):
            (first, body) = (0xE0, version == .v5 ? try ending(reason, properties) : [])
        case .authenticate(let reason, let properties):
            guard version == .v5 else { throw .invalid("MQTT 3.1.1 knows no AUTH") }
            (first, body) = (0xF0, try ending(reason, properties))
        }
        return try framed(first, body)
    }

    private func framed(_ first: UInt8, _ body: [UInt8]) throws(MQTTError) -> [UInt8] {
        var bytes: [UInt8] = [first]
        bytes.reserveCapacity(body.count + 5)
        VaryingInteger.write(body.count, into: &bytes)
        bytes += body
        guard bytes.count <= limit, body.count <= VaryingInteger.maximum else {
            throw .tooLarge(bytes.count)
        }
        return bytes
    }

    private func encode(_ packet: PublishPacket) throws(MQTTError) -> [UInt8] {
        let message = packet.message
        guard MQTTTopic.isName(message.topic) || message.properties[.topicAlias] != nil else {
            throw .invalid("not a topic name: \(message.topic)")
        }
        guard (packet.id == 0) == (message.qos == .atMostOnce) else {
            throw .invalid("a packet identifier goes with QoS 1 and 2 only")
        }
        var head: [UInt8] = []
        try Self.add(message.topic, to: &head)
        if packet.id != 0 { Self.add(packet.id, to: &head) }
        try add(message.properties, to: &head)
        let count = head.count + message.payload.count
        guard count + 5 <= limit, count <= VaryingInteger.maximum else { throw .tooLarge(count) }
        let flags =
            (packet.isDuplicate ? 8 : 0) | message.qos.rawValue << 1 | (message.isRetained ? 1 : 0)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 5)
        bytes.append(0x30 | flags)
        VaryingInteger.write(count, into: &bytes)
        bytes += head
        bytes += message.payload
        return bytes
    }

    private func body(_ packet: ConnectPacket) throws(MQTTError) -> [UInt8] {
        var flags: UInt8 = packet.cleanStart ? 2 : 0
        if let will = packet.will {
            flags |= 4 | will.qos.rawValue << 3 | (will.isRetained ? 0x20 : 0)
        }
        if packet.username != nil { flags |= 0x80 }
        if packet.password != nil { flags |= 0x40 }
        guard packet.version == version else { throw .invalid("a CONNECT of another version") }
        guard version == .v5 || packet.username != nil || packet.password == nil else {
            throw .invalid("MQTT 3.1.1 takes no password without a user name")
        }
        var bytes: [UInt8] = []
        try Self.add("MQTT", to: &bytes)
        bytes += [version.rawValue, flags]
        Self.add(packet.keepAlive, to: &bytes)
        try add(packet.properties, to: &bytes)
        try Self.add(packet.clientID, to: &bytes)
        if let will = packet.will {
            try add(will.properties, to: &bytes)
            try Self.add(will.topic, to: &bytes)
            try Self.add(will.payload, to: &bytes)
        }
        if let username = packet.username { try Self.add(username, to: &bytes) }
        if let password = packet.password { try Self.add(password, to: &bytes) }
        return bytes
    }

    private func body(_ packet: ConnectAckPacket) throws(MQTTError) -> [UInt8] {
        let code = version == .v5 ? packet.reason.rawValue : packet.reason.connectCode
        var bytes: [UInt8] = [packet.sessionPresent ? 1 : 0, code]
        try add(packet.properties, to: &bytes)
        return bytes
    }

    private func body(_ packet: AcknowledgePacket) throws(MQTTError) -> [UInt8] {
        var bytes: [UInt8] = []
        Self.add(packet.id, to: &bytes)
        guard version == .v5, packet.reason != .success || !packet.properties.isEmpty else {
            return bytes
        }
        bytes.append(packet.reason.rawValue)
        if !packet.properties.isEmpty { try add(packet.properties, to: &bytes) }
        return bytes
    }

    private func body(_ packet: SubscribePacket) throws(MQTTError) -> [UInt8] {
        guard !packet.subscriptions.isEmpty else { throw .invalid("nothing to subscribe to") }
        var bytes: [UInt8] = []
        Self.add(packet.id, to: &bytes)
        try add(packet.properties, to: &bytes)
        for subscription in packet.subscriptions {
            guard MQTTTopic.isFilter(subscription.filter) else {
                throw .invalid("not a topic filter: \(subscription.filter)")
            }
            try Self.add(subscription.filter, to: &bytes)
            var options = subscription.qos.rawValue
            if version == .v5 {
                options |= subscription.noLocal ? 0x04 : 0
                options |= subscription.retainAsPublished ? 0x08 : 0
                options |= min(subscription.retainHandling, 2) << 4
            }
            bytes.append(options)
        }
        return bytes
    }

    private func body(_ packet: UnsubscribePacket) throws(MQTTError) -> [UInt8] {
        guard !packet.filters.isEmpty else { throw .invalid("nothing to unsubscribe from") }
        var bytes: [UInt8] = []
        Self.add(packet.id, to: &bytes)
        try add(packet.properties, to: &bytes)
        for filter in packet.filters { try Self.add(filter, to: &bytes) }
        return bytes
    }

    private func body(
        _ packet: SubscribeAckPacket, _ hasReasons: Bool
    ) throws(MQTTError) -> [UInt8] {
        var bytes: [UInt8] = []
        Self.add(packet.id, to: &bytes)
        try add(packet.properties, to: &bytes)
        if hasReasons { bytes += packet.reasons.map(\.rawValue) }
        return bytes
    }

    private func ending(
        _ reason: ReasonCode, _ properties: MQTTProperties
    ) throws(MQTTError) -> [UInt8] {
        if properties.isEmpty { return reason == .success ? [] : [reason.rawValue] }
        var bytes = [reason.rawValue]
        try add(properties, to: &bytes)
        return bytes
    }

    // MARK: Fields

    private func add(
        _ properties: MQTTProperties, to bytes: inout [UInt8]
    ) throws(MQTTError) {
        // A message that came by MQTT 5 may be handed on by MQTT 3.1.1, without them.
        guard version == .v5 else { return }
        guard !properties.isEmpty else { return bytes.append(0) }
        var fields: [UInt8] = []
        for entry in properties.entries {
            fields.append(entry.kind.rawValue)
            switch entry.value {
            case .byte(let value): fields.append(value)
            case .short(let value): Self.add(value, to: &fields)
            case .long(let value):
                Self.add(UInt16(value >> 16), to: &fields)
                Self.add(UInt16(truncatingIfNeeded: value), to: &fields)
            case .varying(let value): VaryingInteger.write(Int(value), into: &fields)
            case .text(let value): try Self.add(value, to: &fields)
            case .binary(let value): try Self.add(value, to: &fields)
            case .pair(let name, let value):
                try Self.add(name, to: &fields)
                try Self.add(value, to: &fields)
            }
        }
        VaryingInteger.write(fields.count, into: &bytes)
        bytes += fields
    }

    private static func add(_ value: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    private static func add(_ text: String, to bytes: inout [UInt8]) throws(MQTTError) {
        let field = text.utf8
        guard field.count <= 65_535, !field.contains(0) else {
            throw .invalid("a text is longer than 65,535 bytes or holds a zero")
        }
        add(UInt16(field.count), to: &bytes)
        bytes += field
    }

    private static func add(_ field: [UInt8], to bytes: inout [UInt8]) throws(MQTTError) {
        guard field.count <= 65_535 else { throw .invalid("a field of more than 65,535 bytes") }
        add(UInt16(field.count), to: &bytes)
        bytes += field
    }
}
