import Basics
import Domain
package import MQTT
import Net
import Synchronization

/// The appliance's own connection to the broker. It comes back by itself; what it listens to it
/// listens to again.
package final class BrokerLink: FleetLink, Sendable {
    package typealias Handler = @Sendable (MQTTMessage) async -> Void

    struct Listener: Sendable {
        let filters: [String]
        let qos: MQTTQoS
        let queue: ListenerQueue
    }

    struct State {
        var listeners: [Listener] = []
        var client: MQTTClient?
        var isUp = false
        var hasPlugin = true
        var questions: [String: CheckedContinuation<String?, Never>] = [:]
        var roll = PresenceRoll()
        /// Clients of the plant's own that came or went since somebody asked.
        var seen: Set<String> = []
        var counts: [String: Int] = [:]
        var retainedRefusals: BrokerMemoryWatch.Refusals?
        /// Why there is no connection. One sentence.
        var problem: String?
    }

    let state = Mutex(State())
    let log = Log("broker")
    private let events: AsyncStream<FleetPresence>
    let presenceEvents: AsyncStream<FleetPresence>.Continuation

    package init() {
        (events, presenceEvents) = AsyncStream.makeStream(of: FleetPresence.self)
    }

    /// Who comes and goes; one listener.
    package var presence: AsyncStream<FleetPresence> { events }
    package var isUp: Bool { state.withLock { $0.isUp } }
    package var tellsPresence: Bool { state.withLock { $0.hasPlugin } }
    package func isPresent(_ name: String) -> Bool? {
        state.withLock { $0.roll.isPresent(name) }
    }
    package var problem: String? { state.withLock { $0.problem } }
    /// The last value of one of the broker's own counters.
    package func count(_ topic: String) -> Int? { state.withLock { $0.counts[topic] } }

    var retainedRefusals: BrokerMemoryWatch.Refusals? { state.withLock { $0.retainedRefusals } }

    func takeSeen() -> Set<String> {
        state.withLock { state in
            defer { state.seen = [] }
            return state.seen
        }
    }

    // MARK: Messages

    /// - Throws: `.closed` while there is no connection.
    package func publish(_ message: MQTTMessage) async throws(MQTTError) {
        guard let client = state.withLock({ $0.isUp ? $0.client : nil }) else { throw .closed }
        try await client.publish(message)
    }

    package func publish(
        _ topic: String, _ payload: [UInt8], isSure: Bool, life: Duration?
    ) async throws(FleetFault) {
        var message = MQTTMessage(topic, payload, qos: isSure ? .atLeastOnce : .atMostOnce)
        // Whole seconds: rather one too long, so that it is never over before it is said.
        message.expirySeconds = life.map { life in
            UInt32(clamping: min(max(life.components.seconds, 0), 1 << 31) + 1)
        }
        do throws(MQTTError) { try await publish(message) } catch { throw .broker("\(error)") }
    }

    /// Messages go to `handler` one after the other, in the order in which they came. It may wait
    /// for what comes over this link.
    package func subscribe(
        _ filters: [String], qos: MQTTQoS = .atLeastOnce, _ handler: @escaping Handler
    ) async {
        let listener = Listener(filters: filters, qos: qos, queue: ListenerQueue(handler))
        let client = state.withLock { state in
            state.listeners.append(listener)
            return state.client
        }
        guard let client else { return }
        // Where it fails the connection is gone, and the next one makes up for it.
        try? await client.subscribe(filters.map { MQTTSubscription($0, qos: qos) })
    }

    package func listen(
        _ filters: [String], _ handler: @escaping @Sendable (String, [UInt8]) async -> Void
    ) async {
        await subscribe(filters) { await handler($0.topic, $0.payload) }
    }

    // MARK: The plugin

    /// Asks the plugin for something.
    /// - Returns: the generation that it has then.
    @discardableResult
    func control(_ verb: String, _ body: [UInt8]) async throws(BrokerFault) -> UInt64 {
        guard let client = state.withLock({ $0.client }) else { throw .away }
        let tag = Randomness.text(count: 12, from: .lowercaseAlphanumerics)
        let payload = Array("\(tag) \(verb)\n".utf8) + body
        let limit = Task {
            try await Task.sleep(for: .seconds(15))
            answer(tag, nil)
        }
        defer { limit.cancel() }
        let text = await withCheckedContinuation { continuation in
            state.withLock { $0.questions[tag] = continuation }
            Task {
                do throws(MQTTError) {
                    try await client.publish(MQTTMessage(TopicGrammar.control, payload))
                } catch { answer(tag, nil) }
            }
        }
        guard let text else { throw .away }
        let words = text.split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count >= 2, let generation = UInt64(words[1]) else {
            throw .refused("an answer that is none")
        }
        guard words[0] == "ok" else { throw .refused(words.count > 2 ? words[2] : words[0]) }
        return generation
    }

    /// - Parameter text: without the tag; `nil`: there will be none.
    private func answer(_ tag: String, _ text: String?) {
        state.withLock { $0.questions.removeValue(forKey: tag) }?.resume(returning: text)
    }

    private func askPresence() async {
        do throws(BrokerFault) { try await control("presence", []) } catch {
            log.warning("who is connected is not known: \(error)")
        }
    }

    // MARK: One connection

    /// Connects, serves the connection and returns when it has ended.
    /// - Parameter ready: called when the broker has taken us in, before anybody is told.
    /// - Parameter hasPlugin: whether the broker is ours.
    func serve(
        _ client: MQTTClient, hasPlugin: Bool, ready: @Sendable () async -> Void
    ) async throws(MQTTError) {
        do throws(MQTTError) { try await client.connect() } catch {
            state.withLock { $0.problem = "\(error)" }
            throw error
        }
        let reader = Task { await read(client) }
        let listeners = state.withLock { state in
            state.client = client
            state.hasPlugin = hasPlugin
            state.problem = nil
            return state.listeners
        }
        defer {
            reader.cancel()
            lost()
        }
        var wanted = listeners.flatMap { listener in
            listener.filters.map { MQTTSubscription($0, qos: listener.qos) }
        }
        if hasPlugin {
            let own = [TopicGrammar.controlAnswer, TopicGrammar.retained]
            wanted += (TopicGrammar.counts + own).map { MQTTSubscription($0, qos: .atMostOnce) }
            // As what devices say: so nobody's last words come after his going.
            wanted.append(MQTTSubscription(TopicGrammar.presence, qos: .atLeastOnce))
        }
        // In parts: one packet with thousands of filters could be too large.
        for start in stride(from: 0, to: wanted.count, by: 100) {
            try await client.subscribe(Array(wanted[start..<min(start + 100, wanted.count)]))
        }
        if hasPlugin { await ready() } else { try await askCounts(client) }
        state.withLock { $0.isUp = true }
        presenceEvents.yield(.link(isUp: true))
        if hasPlugin { await askPresence() }
        await withTaskCancellationHandler {
            await client.ended()
        } onCancel: {
            Task { await client.disconnect() }
        }
    }

    /// Another's broker may keep its counters to itself.
    private func askCounts(_ client: MQTTClient) async throws(MQTTError) {
        do throws(MQTTError) {
            try await client.subscribe(
                TopicGrammar.counts.map { MQTTSubscription($0, qos: .atMostOnce) })
        } catch .refused {
            log.notice("the broker does not show its counters")
        }
    }

    private func lost() {
        let (questions, wasUp) = state.withLock { state in
            let questions = state.questions
            let wasUp = state.isUp
            state.client = nil
            state.isUp = false
            state.questions = [:]
            state.roll = PresenceRoll()
            return (questions, wasUp)
        }
        for question in questions.values { question.resume(returning: nil) }
        if wasUp { presenceEvents.yield(.link(isUp: false)) }
    }

    /// Waits for nobody: the answer that a listener waits for comes by here too.
    private func read(_ client: MQTTClient) async {
        for await delivery in client.messages {
            let message = delivery.message
            switch message.topic {
            case TopicGrammar.controlAnswer:
                let words = message.text.split(separator: " ", maxSplits: 1)
                if words.count == 2 { answer(String(words[0]), String(words[1])) }
            case TopicGrammar.presence: note(message.text)
            case TopicGrammar.retained: noteRefusals(message.text)
            case let topic where TopicGrammar.counts.contains(topic):
                state.withLock { $0.counts[topic] = Int(message.text) }
            // What was kept for us is of another time: whoever said it may have gone since.
            case _ where message.isRetained: break
            default:
                let listener = state.withLock { state in
                    state.listeners.first { listener in
                        listener.filters.contains { MQTTTopic.matches(message.topic, $0) }
                    }
                }
                guard let listener else { break }
                listener.queue.put(delivery)
                continue
            }
            delivery.acknowledge()
        }
    }

    private func noteRefusals(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let count = Int(words[0]) else { return }
        let refusals = BrokerMemoryWatch.Refusals(count: count, user: String(words[1]))
        state.withLock { $0.retainedRefusals = refusals }
    }

    private func note(_ text: String) {
        let (events, isComplete) = state.withLock { state in
            let read = state.roll.read(text)
            for event in read.events {
                switch event {
                // Names of devices have colons.
                case .came(let name, _), .left(let name):
                    if !name.contains(":") { state.seen.insert(name) }
                case .link: break
                }
            }
            return read
        }
        for event in events { presenceEvents.yield(event) }
        if !isComplete { Task { await askPresence() } }
    }
}
