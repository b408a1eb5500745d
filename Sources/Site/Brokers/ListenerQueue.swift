import Basics
import MQTT
import Synchronization

/// Messages on their way to one listener, which takes them one after the other. The link is read
/// on meanwhile: a listener may wait for what comes over the link itself.
///
/// What the broker wants acknowledged is bounded by its window, as each is acknowledged only once
/// it was handled. Of the rest, what comes while too much waits is dropped and counted.
final class ListenerQueue: Sendable {
    private struct State {
        var messages = 0
        var bytes = 0
        var dropped = 0
    }

    static let limit = 4_096
    static let byteLimit = 16 << 20
    private static let log = Log("broker")
    private static let rare = RareLog()

    private let state = Mutex(State())
    private let deliveries: AsyncStream<MQTTDelivery>.Continuation

    init(_ handler: @escaping BrokerLink.Handler) {
        let (stream, continuation) = AsyncStream.makeStream(of: MQTTDelivery.self)
        deliveries = continuation
        Task { [weak self] in
            for await delivery in stream {
                await handler(delivery.message)
                delivery.acknowledge()
                self?.leave(delivery.message)
            }
        }
    }

    deinit { deliveries.finish() }

    /// Since the start.
    var dropped: Int { state.withLock { $0.dropped } }

    func put(_ delivery: MQTTDelivery) {
        let message = delivery.message
        let isTaken = state.withLock { state in
            let hasRoom = state.messages < Self.limit && state.bytes < Self.byteLimit
            guard hasRoom || message.qos != .atMostOnce else {
                state.dropped += 1
                return false
            }
            state.messages += 1
            state.bytes += message.payload.count
            return true
        }
        guard isTaken else {
            return Self.rare.warn(
                Self.log, "messages come faster than they are handled: some were dropped")
        }
        deliveries.yield(delivery)
    }

    private func leave(_ message: MQTTMessage) {
        state.withLock { state in
            state.messages -= 1
            state.bytes -= message.payload.count
        }
    }
}
