import Net

/// A message that arrived, with the means to acknowledge it.
package struct MQTTDelivery: Sendable {
    package let message: MQTTMessage
    private let connection: MQTTConnection?
    private let token: MQTTConnection.Token?

    init(_ message: MQTTMessage, _ connection: MQTTConnection?, _ token: MQTTConnection.Token?) {
        self.message = message
        self.connection = connection
        self.token = token
    }

    /// Tells the broker that it need not send the message again. Any thread; once is enough, and
    /// after the end of the connection it means nothing.
    package func acknowledge() {
        guard let connection, let token else { return }
        connection.loop.execute { connection.acknowledge(token) }
    }
}
