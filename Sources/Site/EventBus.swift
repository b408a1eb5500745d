import Synchronization

/// Tells whoever listens what has just happened. Nobody waits for a slow listener: each has a
/// bounded queue and learns how many messages it missed.
package final class EventBus: Sendable {
    package struct Message: Sendable {
        package let topic: String
        /// JSON, as the live socket sends it.
        package let payload: [UInt8]
        /// Messages of this subscription that were dropped just before this one.
        package let missed: Int
    }

    /// That the first listener of a topic came, or the last one went.
    package struct Interest: Sendable, Equatable {
        package let topic: String
        package let isListened: Bool
    }

    private struct State {
        var topics: [String: [UInt64: Subscription]] = [:]
        var next: UInt64 = 0
        var watchers: [(prefix: String, stream: AsyncStream<Interest>.Continuation)] = []

        /// Under the lock, so that of two changes the later one is told later.
        func tell(_ topic: String, _ isListened: Bool) {
            for watcher in watchers where topic.hasPrefix(watcher.prefix) {
                watcher.stream.yield(Interest(topic: topic, isListened: isListened))
            }
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// The payload is made only where somebody listens.
    package func publish(_ topic: String, _ payload: () -> [UInt8]) {
        let listeners = state.withLock { $0.topics[topic].map { Array($0.values) } ?? [] }
        guard !listeners.isEmpty else { return }
        let payload = payload()
        for listener in listeners { listener.offer(topic, payload) }
    }

    package func publish(topic: String, payload: [UInt8]) { publish(topic) { payload } }

    /// Goes on until it is `cancel`led, or the task that takes from it is.
    /// - Parameter limit: messages that may wait.
    package func subscribe(_ topic: String, limit: Int = 256) -> Subscription {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let subscription = Subscription(topic: topic, number: number, limit: limit, bus: self)
        state.withLock { state in
            let isFirst = state.topics[topic] == nil
            state.topics[topic, default: [:]][number] = subscription
            if isFirst { state.tell(topic, true) }
        }
        return subscription
    }

    fileprivate func end(_ topic: String, _ number: UInt64) {
        let ended = state.withLock { state in
            let ended = state.topics[topic]?.removeValue(forKey: number)
            if state.topics[topic]?.isEmpty == true {
                state.topics[topic] = nil
                state.tell(topic, false)
            }
            return ended
        }
        _ = ended
    }

    /// For what costs somebody else something while it is watched: a device sends its log only
    /// when told so. Lives as long as the bus.
    package func interest(under prefix: String) -> AsyncStream<Interest> {
        let (stream, continuation) = AsyncStream.makeStream(of: Interest.self)
        state.withLock { $0.watchers.append((prefix, continuation)) }
        return stream
    }

    /// How many want to know who listens.
    package var watcherCount: Int { state.withLock { $0.watchers.count } }

    /// How many topics have listeners.
    package var topicCount: Int { state.withLock { $0.topics.count } }
}

/// A bounded queue of one listener. One task at a time may take from it.
package final class Subscription: AsyncSequence, Sendable {
    package typealias Element = EventBus.Message

    private struct State {
        var queue: [[UInt8]] = []
        var missed = 0
        var isEnded = false
        var waiting: CheckedContinuation<EventBus.Message?, Never>?
    }

    package let topic: String
    private let number: UInt64
    private let limit: Int
    private let bus: EventBus
    private let state = Mutex(State())

    fileprivate init(topic: String, number: UInt64, limit: Int, bus: EventBus) {
        self.topic = topic
        self.number = number
        self.limit = limit
        self.bus = bus
    }

    fileprivate func offer(_ topic: String, _ payload: [UInt8]) {
        let waiting = state.withLock { state -> CheckedContinuation<EventBus.Message?, Never>? in
            guard !state.isEnded else { return nil }
            if let waiting = state.waiting {
                state.waiting = nil
                return waiting
            }
            if state.queue.count >= limit {
                // The oldest go: who was away wants to see what is.
                state.queue.removeFirst()
                state.missed += 1
            }
            state.queue.append(payload)
            return nil
        }
        waiting?.resume(returning: EventBus.Message(topic: topic, payload: payload, missed: 0))
    }

    /// `nil` after `cancel`, or when the calling task is cancelled.
    package func next() async -> EventBus.Message? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> EventBus.Message?? in
                    if state.isEnded { return .some(nil) }
                    if !state.queue.isEmpty {
                        defer { state.missed = 0 }
                        return EventBus.Message(
                            topic: topic, payload: state.queue.removeFirst(),
                            missed: state.missed)
                    }
                    state.waiting = continuation
                    return .none
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            cancel()
        }
    }

    package func cancel() {
        let waiting = state.withLock { state in
            state.isEnded = true
            state.queue = []
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: nil)
        bus.end(topic, number)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let subscription: Subscription
        package func next() async -> EventBus.Message? { await subscription.next() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(subscription: self) }
}
