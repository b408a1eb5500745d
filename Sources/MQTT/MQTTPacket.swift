/// A packet as the wire has it. What MQTT 3.1.1 lacks stays at its default.
package enum MQTTPacket: Sendable, Equatable {
    case connect(ConnectPacket)
    case connectAck(ConnectAckPacket)
    case publish(PublishPacket)
    case acknowledge(AcknowledgePacket)
    case subscribe(SubscribePacket)
    case subscribeAck(SubscribeAckPacket)
    case unsubscribe(UnsubscribePacket)
    case unsubscribeAck(SubscribeAckPacket)
    case pingRequest
    case pingResponse
    case disconnect(ReasonCode, MQTTProperties)
    /// MQTT 5 only.
    case authenticate(ReasonCode, MQTTProperties)
}

package struct ConnectPacket: Sendable, Equatable {
    package var version: MQTTVersion
    package var clientID: String
    package var username: String?
    package var password: [UInt8]?
    /// Seconds; 0: none.
    package var keepAlive: UInt16 = 60
    package var cleanStart = true
    package var will: MQTTMessage?
    package var properties = MQTTProperties()

    package init(_ version: MQTTVersion, clientID: String) {
        self.version = version
        self.clientID = clientID
    }
}

package struct ConnectAckPacket: Sendable, Equatable {
    package var sessionPresent = false
    package var reason = ReasonCode.success
    package var properties = MQTTProperties()
    package init() {}
}

package struct PublishPacket: Sendable, Equatable {
    package var message: MQTTMessage
    /// 0 if and only if the QoS is 0.
    package var id: UInt16 = 0
    package var isDuplicate = false

    package init(_ message: MQTTMessage, id: UInt16 = 0, isDuplicate: Bool = false) {
        self.message = message
        self.id = id
        self.isDuplicate = isDuplicate
    }
}

/// PUBACK, PUBREC, PUBREL and PUBCOMP, which are alike.
package struct AcknowledgePacket: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        case publish = 4
        case received = 5
        case release = 6
        case complete = 7
    }

    package var kind: Kind
    package var id: UInt16
    package var reason = ReasonCode.success
    package var properties = MQTTProperties()

    package init(_ kind: Kind, id: UInt16) {
        self.kind = kind
        self.id = id
    }
}

package struct MQTTSubscription: Sendable, Equatable {
    package var filter: String
    package var qos: MQTTQoS
    // The rest is of MQTT 5.
    package var noLocal = false
    package var retainAsPublished = false
    /// 0: send retained messages, 1: only for a new subscription, 2: never.
    package var retainHandling: UInt8 = 0

    package init(_ filter: String, qos: MQTTQoS = .atLeastOnce) {
        self.filter = filter
        self.qos = qos
    }
}

package struct SubscribePacket: Sendable, Equatable {
    package var id: UInt16
    package var subscriptions: [MQTTSubscription]
    package var properties = MQTTProperties()

    package init(id: UInt16, _ subscriptions: [MQTTSubscription]) {
        self.id = id
        self.subscriptions = subscriptions
    }
}

/// SUBACK and UNSUBACK. The latter has no reasons in MQTT 3.1.1.
package struct SubscribeAckPacket: Sendable, Equatable {
    package var id: UInt16
    package var reasons: [ReasonCode]
    package var properties = MQTTProperties()

    package init(id: UInt16, _ reasons: [ReasonCode]) {
        self.id = id
        self.reasons = reasons
    }
}

package struct UnsubscribePacket: Sendable, Equatable {
    package var id: UInt16
    package var filters: [String]
    package var properties = MQTTProperties()

    package init(id: UInt16, _ filters: [String]) {
        self.id = id
        self.filters = filters
    }
}
