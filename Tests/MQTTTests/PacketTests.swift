import Basics
import MQTT
import Testing

@Suite("MQTT packets", .timeLimit(.minutes(10))) struct PacketTests {
    private func decode(
        _ bytes: [UInt8], _ version: MQTTVersion? = .v5, limit: Int = 1 << 20
    ) throws(MQTTError) -> MQTTPacket? {
        var decoder = PacketDecoder(version: version, limit: limit)
        bytes.withUnsafeBytes { decoder.append($0) }
        return try decoder.next()
    }

    private func check(_ packet: MQTTPacket, _ version: MQTTVersion) throws {
        let bytes = try PacketEncoder(version: version).encode(packet)
        #expect(try decode(bytes, version) == packet)
    }

    private var fullConnect: ConnectPacket {
        var connect = ConnectPacket(.v5, clientID: "device:t:d")
        connect.username = "device:t:d"
        connect.password = [0, 1, 255]
        connect.cleanStart = false
        var will = MQTTMessage("a/b", [1, 2, 3], qos: .exactlyOnce, isRetained: true)
        will.properties[.willDelay] = .long(5)
        will.contentType = "application/json"
        connect.will = will
        connect.properties[.sessionExpiry] = .long(120)
        connect.properties[.receiveMaximum] = .short(20)
        return connect
    }

    @Test("A CONNECT of MQTT 3.1.1 is what the specification draws")
    func connectBytes() throws {
        var connect = ConnectPacket(.v311, clientID: "ab")
        connect.username = "u"
        connect.password = Array("p".utf8)
        connect.keepAlive = 10
        let bytes = try PacketEncoder(version: .v311).encode(.connect(connect))
        let expected: [UInt8] = [
            0x10, 20, 0, 4, 77, 81, 84, 84, 4, 0xC2, 0, 10, 0, 2, 97, 98, 0, 1, 117, 0, 1, 112,
        ]
        #expect(bytes == expected)
        #expect(try decode(bytes, nil) == .connect(connect))
    }

    @Test("Everything that is written is read back as it was, in both versions")
    func roundTrip() throws {
        var message = MQTTMessage("ä/b", [UInt8](repeating: 7, count: 300), qos: .exactlyOnce)
        for version in [MQTTVersion.v311, .v5] {
            try check(.publish(PublishPacket(message, id: 65_535, isDuplicate: true)), version)
            for kind: AcknowledgePacket.Kind in [.publish, .received, .release, .complete] {
                try check(.acknowledge(AcknowledgePacket(kind, id: 1)), version)
            }
            let subscriptions = [
                MQTTSubscription("a/+/#", qos: .atMostOnce), MQTTSubscription("$share/g/x"),
            ]
            try check(.subscribe(SubscribePacket(id: 9, subscriptions)), version)
            try check(.unsubscribe(UnsubscribePacket(id: 9, ["a", "b/#"])), version)
            try check(
                .subscribeAck(SubscribeAckPacket(id: 9, [.success, .unspecified])), version)
            try check(.pingRequest, version)
            try check(.pingResponse, version)
            try check(.disconnect(.success, MQTTProperties()), version)
            var answer = ConnectAckPacket()
            answer.sessionPresent = true
            try check(.connectAck(answer), version)
            answer.sessionPresent = false
            answer.reason = .notAuthorized
            try check(.connectAck(answer), version)
        }
        message.properties.addUser("_deviceId", "x")
        message.properties.addUser("_deviceId", "y")
        message.responseTopic = "r"
        message.correlation = [1]
        message.expirySeconds = 60
        try check(.publish(PublishPacket(message, id: 3)), .v5)
        try check(.connect(fullConnect), .v5)
        try check(.unsubscribeAck(SubscribeAckPacket(id: 2, [.success])), .v5)
        try check(.unsubscribeAck(SubscribeAckPacket(id: 2, [])), .v311)
        var properties = MQTTProperties()
        properties[.reasonString] = .text("why")
        try check(.disconnect(.serverBusy, properties), .v5)
        try check(.authenticate(ReasonCode(rawValue: 0x18), properties), .v5)
        var subscription = MQTTSubscription("a")
        subscription.noLocal = true
        subscription.retainAsPublished = true
        subscription.retainHandling = 2
        var subscribe = SubscribePacket(id: 9, [subscription])
        subscribe.properties[.subscriptionIdentifier] = .varying(268_435_455)
        try check(.subscribe(subscribe), .v5)
    }

    @Test(
        "What breaks the protocol is refused",
        arguments: [
            ("packet type 0", [0x00, 0]),
            ("reserved bits of a PINGREQ", [0xC1, 0]),
            ("flags of a SUBSCRIBE", [0x80, 6, 0, 1, 0, 0, 1, 97, 0]),
            ("QoS 3", [0x36, 6, 0, 1, 97, 0, 1, 0]),
            ("a duplicate with QoS 0", [0x38, 4, 0, 1, 97, 0]),
            ("packet identifier 0", [0x32, 6, 0, 1, 97, 0, 0, 0]),
            ("a wildcard in a topic", [0x30, 4, 0, 1, 35, 0]),
            ("an empty topic", [0x30, 3, 0, 0, 0]),
            ("a zero in a topic", [0x30, 4, 0, 1, 0, 0]),
            ("a topic that is not UTF-8", [0x30, 4, 0, 1, 255, 0]),
            ("a surrogate in a topic", [0x30, 6, 0, 3, 0xED, 0xA0, 0x80, 0]),
            ("a topic past the packet", [0x30, 3, 0, 9, 97]),
            ("properties past the packet", [0x30, 4, 0, 1, 97, 9]),
            ("an unknown property", [0x30, 6, 0, 1, 97, 2, 0x7F, 0]),
            ("a property of another packet", [0x30, 6, 0, 1, 97, 2, 0x24, 0]),
            ("a property twice", [0x30, 8, 0, 1, 97, 4, 0x01, 0, 0x01, 0]),
            ("a flag that is 2", [0x30, 6, 0, 1, 97, 2, 0x01, 2]),
            ("a topic alias of 0", [0x30, 7, 0, 1, 97, 3, 0x23, 0, 0]),
            ("a length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80, 1]),
            ("a length not in its shortest form", [0x30, 0x84, 0x00, 0, 1, 97, 0]),
            ("bytes behind a PINGRESP", [0xD0, 1, 0]),
            ("a SUBSCRIBE to nothing", [0x82, 3, 0, 1, 0]),
            ("a SUBSCRIBE with a bad filter", [0x82, 8, 0, 1, 0, 0, 2, 97, 35, 0]),
            ("a SUBSCRIBE with QoS 3", [0x82, 7, 0, 1, 0, 0, 1, 97, 3]),
            ("retain handling 3", [0x82, 7, 0, 1, 0, 0, 1, 97, 0x30]),
            (
                "a share without a name",
                [0x82, 15, 0, 1, 0, 0, 9, 36, 115, 104, 97, 114, 101, 47, 47, 97, 0]
            ),
            ("a SUBACK for nothing", [0x90, 3, 0, 1, 0]),
            ("an unknown SUBACK", [0x90, 4, 0, 1, 0, 3]),
            ("reserved bits of a CONNACK", [0x20, 3, 2, 0, 0]),
            ("a session with a refusal", [0x20, 3, 1, 0x87, 0]),
            ("reserved bits of a CONNECT", [0x10, 13, 0, 4, 77, 81, 84, 84, 5, 1, 0, 0, 0, 0, 0]),
            ("will flags without a will", [0x10, 13, 0, 4, 77, 81, 84, 84, 5, 8, 0, 0, 0, 0, 0]),
            ("an unknown protocol level", [0x10, 12, 0, 4, 77, 81, 84, 84, 3, 2, 0, 0, 0, 0]),
            ("another protocol name", [0x10, 12, 0, 4, 77, 81, 84, 85, 4, 2, 0, 0, 0, 0]),
        ] as [(String, [UInt8])])
    func strict(what: String, bytes: [UInt8]) {
        #expect(throws: MQTTError.self, "\(what)") { try decode(bytes) }
    }

    @Test("A packet that is too large is refused by its header, before its bytes are kept")
    func tooLarge() {
        #expect(throws: MQTTError.tooLarge(268_435_460)) {
            try decode([0x30, 0xFF, 0xFF, 0xFF, 0x7F], limit: 1 << 20)
        }
        #expect(throws: MQTTError.self) {
            let encoder = PacketEncoder(version: .v5, limit: 100)
            let message = MQTTMessage("a", [UInt8](repeating: 0, count: 100), qos: .atMostOnce)
            _ = try encoder.encode(.publish(PublishPacket(message)))
        }
    }

    @Test("Before a CONNECT there is nothing else, and it settles the version")
    func learnsVersion() throws {
        #expect(throws: MQTTError.self) { try decode([0xC0, 0], nil) }
        var decoder = PacketDecoder(version: nil, limit: 1_000)
        let bytes = try PacketEncoder(version: .v5).encode(.connect(fullConnect))
        (bytes + [0xC0]).withUnsafeBytes { decoder.append($0) }
        #expect(try decoder.next() == .connect(fullConnect))
        #expect(decoder.version == .v5)
        #expect(decoder.takeRest() == [0xC0])
    }

    @Test("Bytes that come one by one make the same packets")
    func oneByOne() throws {
        let message = MQTTMessage("a/b", [1, 2, 3])
        let packets: [MQTTPacket] = [
            .connect(fullConnect), .publish(PublishPacket(message, id: 4)), .pingRequest,
            .disconnect(.success, MQTTProperties()),
        ]
        let encoder = PacketEncoder(version: .v5)
        var decoder = PacketDecoder(version: nil, limit: 1_000)
        var seen: [MQTTPacket] = []
        for byte in try packets.flatMap({ try encoder.encode($0) }) {
            [byte].withUnsafeBytes { decoder.append($0) }
            while let packet = try decoder.next() { seen.append(packet) }
        }
        #expect(seen == packets)
        #expect(decoder.held == 0)
    }

    @Test("Hostile bytes end in an error or in packets that can be written again, never otherwise")
    func fuzz() throws {
        var random = SplitMix(state: 0x5EED)
        let encoder5 = PacketEncoder(version: .v5)
        var message = MQTTMessage("ff/v1/t/d/x/status", Array("{}".utf8))
        message.responseTopic = "r/s"
        message.properties.addUser("a", "b")
        let seeds = try [
            encoder5.encode(.connect(fullConnect)),
            encoder5.encode(.publish(PublishPacket(message, id: 8))),
            encoder5.encode(.subscribe(SubscribePacket(id: 1, [MQTTSubscription("a/#")]))),
            encoder5.encode(.subscribeAck(SubscribeAckPacket(id: 1, [.success]))),
            encoder5.encode(.connectAck(ConnectAckPacket())),
        ]
        var (read, refused) = (0, 0)
        for round in 0..<40_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
                default: if bytes.count > 2 { bytes.remove(at: index) }
                }
            }
            let version: MQTTVersion? = [nil, .v311, .v5][round % 3]
            var decoder = PacketDecoder(version: version, limit: 4_096)
            bytes.withUnsafeBytes { decoder.append($0) }
            do {
                while let packet = try decoder.next() {
                    read += 1
                    guard let known = decoder.version else { continue }
                    let again = try PacketEncoder(version: known).encode(packet)
                    #expect(try decode(again, known) == packet)
                }
            } catch { refused += 1 }
        }
        #expect(read > 1_000)
        #expect(refused > 1_000)
    }
}

/// Numbers that are the same in each run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
