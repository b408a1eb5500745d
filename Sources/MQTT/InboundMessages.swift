/// What has arrived on one connection and is not acknowledged, in the order of arrival.
struct InboundMessages {
    private struct Entry {
        let token: MQTTConnection.Token
        let qos: MQTTQoS
        var isDone = false
    }

    /// Unacknowledged messages that we bear. Far above the receive maximum that we announce, since
    /// Mosquitto 2.0.11 goes beyond that under load (seen here; its issue 2306).
    static let limit = 20_000

    /// QoS 2 identifiers that the broker has not released.
    var received: Set<UInt16> = []
    private var entries: [Entry] = []
    private var order: UInt64 = 0

    var count: Int { entries.count }

    func isWaiting(_ id: UInt16) -> Bool { entries.contains { $0.token.id == id } }

    mutating func add(_ id: UInt16, _ qos: MQTTQoS) -> MQTTConnection.Token {
        order += 1
        let token = MQTTConnection.Token(id: id, order: order)
        entries.append(Entry(token: token, qos: qos))
        return token
    }

    /// What may be acknowledged to the broker now.
    mutating func acknowledge(_ token: MQTTConnection.Token) -> [(UInt16, MQTTQoS)] {
        guard let index = entries.firstIndex(where: { $0.token == token }) else { return [] }
        entries[index].isDone = true
        let ready = entries.prefix { $0.isDone }
        entries.removeFirst(ready.count)
        return ready.map { ($0.token.id, $0.qos) }
    }
}
