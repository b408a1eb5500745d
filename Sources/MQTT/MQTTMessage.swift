/// What is published, and what arrives.
package struct MQTTMessage: Sendable, Equatable {
    package var topic: String
    package var payload: [UInt8]
    package var qos: MQTTQoS
    package var isRetained: Bool
    /// MQTT 5 only.
    package var properties = MQTTProperties()

    package init(
        _ topic: String, _ payload: [UInt8], qos: MQTTQoS = .atLeastOnce, isRetained: Bool = false
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.isRetained = isRetained
    }

    package var text: String { String(decoding: payload, as: UTF8.self) }

    package var responseTopic: String? {
        get { properties.text(.responseTopic) }
        set { properties[.responseTopic] = newValue.map { .text($0) } }
    }
    package var correlation: [UInt8]? {
        get { properties.binary(.correlationData) }
        set { properties[.correlationData] = newValue.map { .binary($0) } }
    }
    package var contentType: String? {
        get { properties.text(.contentType) }
        set { properties[.contentType] = newValue.map { .text($0) } }
    }
    package var expirySeconds: UInt32? {
        get { properties.number(.messageExpiry) }
        set { properties[.messageExpiry] = newValue.map { .long($0) } }
    }
    package var userProperties: [(name: String, value: String)] { properties.userProperties }
}
