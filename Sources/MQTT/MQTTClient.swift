package import Net
import Synchronization

/// A client for tasks: one session, one connection at a time. It does not reconnect by itself:
/// whoever holds it waits for `ended`, pauses as it sees fit and calls `connect` again. What was
/// under way when a connection ended has failed, and may have arrived or not.
package final class MQTTClient: Sendable {
    private struct State {
        var connection: MQTTConnection?
        var received: Set<UInt16> = []
        var isConnecting = false
    }

    private let options: MQTTOptions
    private let open: @Sendable () async throws(NetError) -> any ByteChannel
    private let inbox = MQTTInbox()
    private let state = Mutex(State())

    /// - Parameter connect: makes the channel, plain or with TLS.
    package init(
        _ options: MQTTOptions,
        connect: @escaping @Sendable () async throws(NetError) -> any ByteChannel
    ) {
        self.options = options
        open = connect
    }

    deinit { inbox.finish() }

    /// Everything that arrives, over all connections. One reader. While it does not read, the
    /// broker is not read either: it must never wait for the end of `publish` or `subscribe`.
    package var messages: AsyncStream<MQTTDelivery> {
        let inbox = inbox
        return AsyncStream { await inbox.next() }
    }

    package var isConnected: Bool { state.withLock { $0.connection != nil } }

    /// - Returns: whether the broker had kept the session.
    @discardableResult
    package func connect() async throws(MQTTError) -> Bool {
        let isFree = state.withLock { state in
            guard state.connection == nil, !state.isConnecting else { return false }
            state.isConnecting = true
            return true
        }
        guard isFree else { throw .invalid("connected already") }
        defer { state.withLock { $0.isConnecting = false } }
        let channel: any ByteChannel
        do throws(NetError) { channel = try await open() } catch { throw .net(error) }
        let result = await withCheckedContinuation {
            (waiting: CheckedContinuation<Result<Bool, MQTTError>, Never>) in
            channel.loop.execute { self.start(channel, waiting) }
        }
        return try result.get()
    }

    private func start(
        _ channel: any ByteChannel,
        _ waiting: CheckedContinuation<Result<Bool, MQTTError>, Never>
    ) {
        let connection = MQTTConnection(
            channel, options, receivedBefore: state.withLock { $0.received })
        connection.start(
            ClientHandler(
                inbox: inbox,
                opened: { answer in
                    self.state.withLock { $0.connection = connection }
                    waiting.resume(returning: .success(answer.sessionPresent))
                },
                refused: { waiting.resume(returning: .failure($0)) },
                closed: {
                    self.state.withLock { state in
                        state.connection = nil
                        state.received = connection.received
                    }
                }))
    }

    /// Returns when the connection has ended; at once if there is none.
    package func ended() async {
        guard let connection = state.withLock({ $0.connection }) else { return }
        await withCheckedContinuation { (waiting: CheckedContinuation<Void, Never>) in
            connection.loop.execute { connection.whenClosed { waiting.resume() } }
        }
    }

    package func disconnect() async {
        guard let connection = state.withLock({ $0.connection }) else { return }
        connection.loop.execute { connection.disconnect() }
        await ended()
    }

    /// Returns when the broker has the message (QoS 1), or when it is on its way (QoS 0).
    package func publish(_ message: MQTTMessage) async throws(MQTTError) {
        try await ask { connection, answer in connection.publish(message, answer) }
    }

    /// - Throws: `.refused` if one of them is; the others hold then.
    package func subscribe(_ subscriptions: [MQTTSubscription]) async throws(MQTTError) {
        let reasons = try await ask { connection, answer in
            connection.subscribe(subscriptions, answer)
        }
        if let refused = reasons.first(where: \.isFailure) { throw .refused(refused, nil) }
    }

    package func unsubscribe(_ filters: [String]) async throws(MQTTError) {
        _ = try await ask { connection, answer in connection.unsubscribe(filters, answer) }
    }

    private func ask<Value: Sendable>(
        _ body:
            @escaping @Sendable (
                MQTTConnection, @escaping @Sendable (Result<Value, MQTTError>) -> Void
            ) -> Void
    ) async throws(MQTTError) -> Value {
        guard let connection = state.withLock({ $0.connection }) else { throw .closed }
        let result = await withCheckedContinuation {
            (waiting: CheckedContinuation<Result<Value, MQTTError>, Never>) in
            connection.loop.execute { body(connection) { waiting.resume(returning: $0) } }
        }
        return try result.get()
    }
}

/// Tells a client what happens on one connection. Confined to its loop.
private final class ClientHandler: MQTTConnectionHandler {
    private let inbox: MQTTInbox
    private let opened: (ConnectAckPacket) -> Void
    private let refused: (MQTTError) -> Void
    private let closed: () -> Void
    private var isOpen = false

    init(
        inbox: MQTTInbox, opened: @escaping (ConnectAckPacket) -> Void,
        refused: @escaping (MQTTError) -> Void, closed: @escaping () -> Void
    ) {
        self.inbox = inbox
        self.opened = opened
        self.refused = refused
        self.closed = closed
    }

    func connectionOpened(_ connection: MQTTConnection, _ answer: ConnectAckPacket) {
        isOpen = true
        opened(answer)
    }

    func connection(
        _ connection: MQTTConnection, received message: MQTTMessage, token: MQTTConnection.Token?
    ) {
        inbox.put(MQTTDelivery(message, connection, token), from: connection)
    }

    func connectionClosed(_ connection: MQTTConnection, _ error: MQTTError?) {
        if isOpen { closed() } else { refused(error ?? .closed) }
    }
}
