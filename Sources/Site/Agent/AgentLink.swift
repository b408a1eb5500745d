import Basics
package import Crypto
package import Domain
package import HTTP
import MQTT
package import Net
import Synchronization

/// The connection to the appliance, as long as there is one. After a renewal it is another.
package final class AgentLink: Sendable {
    private struct State {
        var uplink: AgentUplink?
        var client: MQTTClient?
        var identity: AgentIdentity
        var serial: String
    }

    private let loops: EventLoopGroup
    private let state: Mutex<State>

    /// - Parameter key: `nil`: it never connects.
    package init(
        _ identity: AgentIdentity, key: PrivateKey?, loops: EventLoopGroup
    ) throws(NetError) {
        self.loops = loops
        var uplink: AgentUplink?
        if let key { uplink = try AgentUplink(identity, key: key, loops: loops) }
        state = Mutex(
            State(
                uplink: uplink, client: nil, identity: identity,
                serial: Self.serial(of: identity)))
    }

    private static func serial(of identity: AgentIdentity) -> String {
        (try? Certificate(pem: identity.certificate))?.serial ?? ""
    }

    package var serial: String { state.withLock { $0.serial } }
    package var isConnected: Bool { state.withLock { $0.client?.isConnected ?? false } }

    package var uplink: AgentUplink? { state.withLock { $0.uplink } }

    /// From the next connection on.
    package func renew(_ identity: AgentIdentity, key: PrivateKey) async throws(NetError) {
        let uplink = try AgentUplink(identity, key: key, loops: loops)
        let former = state.withLock { state in
            state.uplink = uplink
            state.identity = identity
            state.serial = Self.serial(of: identity)
            return state.client
        }
        await former?.disconnect()
    }

    /// Returns when the connection has ended.
    /// - Parameter opened: called once it stands, before anything arrives.
    func session(
        opened: @Sendable () async -> Void,
        received: @escaping @Sendable (MQTTDelivery) async -> Void
    ) async throws(MQTTError) {
        let (uplink, identity) = state.withLock { ($0.uplink, $0.identity) }
        guard let uplink else { throw .closed }
        var options = MQTTOptions(clientID: identity.brokerName)
        options.username = identity.brokerName
        options.keepAlive = 60
        // No message is kept for it: an order of yesterday is none, and what the device shall be it
        // asks for with each connection.
        options.cleanStart = true
        let client = MQTTClient(options) { () async throws(NetError) -> any ByteChannel in
            try await uplink.connect()
        }
        // Before the connection: what the broker kept comes right behind its answer.
        let reader = Task {
            for await delivery in client.messages { await received(delivery) }
        }
        defer { reader.cancel() }
        try await client.connect()
        do throws(MQTTError) {
            try await client.subscribe([
                MQTTSubscription(topic(.command, identity))
            ])
        } catch {
            await client.disconnect()
            throw error
        }
        state.withLock { $0.client = client }
        await opened()
        await withTaskCancellationHandler {
            await client.ended()
        } onCancel: {
            Task { await client.disconnect() }
        }
        state.withLock { if $0.client === client { $0.client = nil } }
    }

    private func topic(_ word: AgentTopic.Word, _ identity: AgentIdentity) -> String {
        AgentTopic(word, team: identity.team, device: identity.device).text
    }

    /// - Returns: whether the appliance's broker has it.
    @discardableResult
    package func publish(_ status: AgentStatus) async -> Bool {
        await publish(.status, status.bytes)
    }

    package func publish(_ reply: AgentReply) async { _ = await publish(.reply, reply.bytes) }

    /// What does not arrive is asked for again, or told with the next connection.
    private func publish(_ word: AgentTopic.Word, _ payload: [UInt8]) async -> Bool {
        let (client, identity) = state.withLock { ($0.client, $0.identity) }
        guard let client else { return false }
        do throws(MQTTError) {
            _ = try await client.publish(MQTTMessage(topic(word, identity), payload))
            return true
        } catch { return false }
    }
}

extension AgentLink: AgentSource {
    private static let alone = AgentUplinkFault.unreachable("this device has no usable identity")

    package func contents(_ address: ContentAddress) async throws(AgentUplinkFault) -> [UInt8] {
        guard let uplink else { throw Self.alone }
        return try await uplink.contents(address)
    }

    package func chunks(
        _ addresses: [ContentAddress]
    ) async throws(AgentUplinkFault) -> [(address: ContentAddress, bytes: [UInt8])] {
        guard let uplink else { throw Self.alone }
        return try await uplink.chunks(addresses)
    }

    /// A whole answer of the appliance.
    package func send(
        _ method: Method, _ path: String, json: [UInt8]? = nil
    ) async throws(AgentUplinkFault) -> [UInt8] {
        guard let uplink else { throw Self.alone }
        return try await uplink.send(method, path, json: json)
    }
}
