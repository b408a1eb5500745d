/// How a client presents itself to a broker, and what it bears.
package struct MQTTOptions: Sendable {
    package var version = MQTTVersion.v5
    /// Empty: the broker makes one up (and the session must be a clean one).
    package var clientID: String
    package var username: String?
    package var password: [UInt8]?
    /// Seconds without a packet after which one is sent; 0: never.
    package var keepAlive: UInt16 = 60
    package var cleanStart = true
    /// Seconds that the broker keeps the session after the connection (MQTT 5).
    package var sessionExpiry: UInt32 = 0
    /// Unacknowledged messages that the broker may send (MQTT 5), and that we send. At most 20:
    /// Mosquitto 2.0.11 was seen to lose acknowledged messages of publishers with 100 in flight.
    package var receiveMaximum: UInt16 = 20
    package var will: MQTTMessage?
    /// Bytes of a packet that arrives.
    package var packetLimit = 2 << 20
    /// Messages that wait for their turn to be sent.
    package var waitingLimit = 10_000
    /// From the CONNECT to its answer, and from a publish to its acknowledgement.
    package var answerLimit = Duration.seconds(30)

    package init(clientID: String) { self.clientID = clientID }

    /// The window in both directions.
    var window: Int { min(max(Int(receiveMaximum), 1), 20) }

    var connectPacket: ConnectPacket {
        var packet = ConnectPacket(version, clientID: clientID)
        packet.username = username
        packet.password = password
        packet.keepAlive = keepAlive
        packet.cleanStart = cleanStart
        packet.will = will
        guard version == .v5 else { return packet }
        packet.properties[.receiveMaximum] = .short(UInt16(window))
        packet.properties[.maximumPacketSize] = .long(UInt32(clamping: packetLimit))
        if sessionExpiry > 0 { packet.properties[.sessionExpiry] = .long(sessionExpiry) }
        return packet
    }
}
