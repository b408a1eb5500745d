import Basics
import Domain
import HTTP
import Site
import Synchronization

/// One open live socket. A listener that cannot keep up is told what it missed; one whose session
/// or role ends is cut off.
final class LiveSession: Sendable {
    private struct State {
        var caller: Caller?
        var subscriptions: [String: Subscription] = [:]
        var missed: [String: Int] = [:]
    }

    /// 64 topics: a page needs five.
    private static let topicLimit = 64
    /// 20 s: shorter than what firewalls take for a dead connection.
    private static let heartbeat = Duration.seconds(20)

    private let socket: WebSocket
    private let request: Request
    private let called: Authority?
    private let bus: EventBus
    private let callers: any CallerSource
    private let scopes: ScopeResolver
    private let signal: SecuritySignal
    private let build: String
    private let feed: @Sendable (LiveTopic) -> any LiveFeed
    private let state = Mutex(State())

    init(
        socket: WebSocket, request: Request, called: Authority?, bus: EventBus,
        callers: any CallerSource, scopes: ScopeResolver, signal: SecuritySignal, build: String,
        feed: @escaping @Sendable (LiveTopic) -> any LiveFeed
    ) {
        self.socket = socket
        self.request = request
        self.called = called
        self.bus = bus
        self.callers = callers
        self.scopes = scopes
        self.signal = signal
        self.build = build
        self.feed = feed
    }

    /// Returns when the socket has ended.
    func run() async {
        guard let csrf = await authenticate() else { return socket.close(code: 4401) }
        send { json in
            json.object("hello") { json in
                json.field("build", self.build)
                json.field("time", Timestamp.now())
            }
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepReviewing(csrf: csrf) }
            group.addTask { await self.keepPinging() }
            await self.read(into: &group)
            for subscription in self.state.withLock({ Array($0.subscriptions.values) }) {
                subscription.cancel()
            }
            group.cancelAll()
        }
    }

    /// A bearer is known from the request; a browser proves itself by its first message.
    /// - Returns: the token that came, empty for a bearer; `nil` for nobody.
    private func authenticate() async -> String? {
        var csrf = ""
        if !request.headers.contains(Header.authorization), request.peer.uid == nil {
            guard case .text(let text)? = try? await socket.receive(),
                let token = try? JSONReader.read(Array(text.utf8))["csrf"]?.string
            else { return nil }
            csrf = token
        }
        return await review(csrf: csrf) ? csrf : nil
    }

    private func review(csrf: String) async -> Bool {
        guard let caller = try? await callers.caller(of: request, csrf: csrf), caller.isSignedIn
        else { return false }
        state.withLock { $0.caller = caller }
        return true
    }

    private func keepReviewing(csrf: String) async {
        for await _ in signal.changes() {
            guard await review(csrf: csrf) else { return socket.close(code: 4401) }
            await reviewTopics()
        }
    }

    /// Topics that the caller may not listen to any more end with the reason.
    private func reviewTopics() async {
        for name in state.withLock({ Array($0.subscriptions.keys) }) {
            guard let topic = LiveTopic(name) else { continue }
            do throws(Problem) { try await authorize(topic) } catch { end(name, error) }
        }
    }

    private func keepPinging() async {
        while !Task.isCancelled {
            // Ended by cancellation only, which the loop's condition sees.
            try? await Task.sleep(for: Self.heartbeat)
            socket.ping()
        }
    }

    private func read(into group: inout DiscardingTaskGroup) async {
        while case .text(let text)? = try? await socket.receive() {
            guard let object = try? JSONReader.read(Array(text.utf8), limit: 4096).object else {
                return socket.close(code: 1007)
            }
            if let name = object["subscribe"]?.string {
                await subscribe(name, &group)
            } else if let name = object["unsubscribe"]?.string {
                state.withLock { $0.subscriptions.removeValue(forKey: name) }?.cancel()
            }
        }
    }

    private func subscribe(_ name: String, _ group: inout DiscardingTaskGroup) async {
        guard let topic = LiveTopic(name) else { return end(name, .notFound("This topic")) }
        let (known, count) = state.withLock {
            ($0.subscriptions[name] != nil, $0.subscriptions.count)
        }
        if known { return }
        guard count < Self.topicLimit else {
            return end(name, .conflict("At most \(Self.topicLimit) topics on one socket."))
        }
        do throws(Problem) { try await authorize(topic) } catch { return end(name, error) }
        let subscription = bus.subscribe(topic.busTopic)
        state.withLock { $0.subscriptions[name] = subscription }
        group.addTask { await self.forward(subscription, name, topic) }
    }

    private func authorize(_ topic: LiveTopic) async throws(Problem) {
        guard let caller = state.withLock({ $0.caller }) else { throw .unauthenticated }
        guard let subject = topic.subject else { return }
        let path = try await scopes.path(of: [subject.kind: subject.id])
        guard caller.may(topic.permission, at: path) else {
            throw .notFound("This \(subject.kind)")
        }
    }

    private func forward(
        _ subscription: Subscription, _ name: String, _ topic: LiveTopic
    ) async {
        let feed = feed(topic)
        for await message in subscription {
            guard let caller = state.withLock({ $0.caller }) else { return }
            if message.missed > 0 { note(missed: message.missed, name) }
            if case .instance(let id) = topic, Self.id(in: message.payload) != id.text { continue }
            guard let value = await feed.value(of: message, for: caller, called: called) else {
                continue
            }
            tellMissed(name)
            let sent = send { json in
                json.field("topic", name)
                json.key("data")
                json.raw(value)
            }
            if !sent { note(missed: 1, name) }
        }
    }

    private static func id(in payload: [UInt8]) -> String? {
        (try? JSONReader.read(payload))?["id"]?.string
    }

    private func note(missed count: Int, _ name: String) {
        state.withLock { $0.missed[name, default: 0] += count }
    }

    private func tellMissed(_ name: String) {
        guard let missed = state.withLock({ $0.missed.removeValue(forKey: name) }) else { return }
        let sent = send { json in
            json.field("topic", name)
            json.field("missed", missed)
        }
        if !sent { note(missed: missed, name) }
    }

    private func end(_ name: String, _ problem: Problem) {
        state.withLock { $0.subscriptions.removeValue(forKey: name) }?.cancel()
        send { json in
            json.field("error", problem)
            json.field("topic", name)
        }
    }

    /// `false` when the socket's queue is full.
    @discardableResult
    private func send(_ body: (inout JSONWriter) -> Void) -> Bool {
        var json = JSONWriter()
        json.object(body)
        return socket.trySend(text: json.bytes)
    }
}
