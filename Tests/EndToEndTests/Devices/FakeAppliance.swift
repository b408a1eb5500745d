import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import MQTT
import Net
import Synchronization

@testable import Site

/// As much of an appliance as one device needs: its certificates, its broker, its vault.
final class FakeAppliance: Sendable {
    private struct State {
        var desired: DesiredDocument?
        var statuses: [AgentStatus] = []
        var replies: [AgentReply] = []
        var records: [LogRecord] = []
        var samples: [ResourceSample] = []
        var next: Int64 = 1
        var connection: BrokerConnection?
        var sessions = 0
        var resumed = 0
    }

    let fixtures: CertificateFixtures
    let vault: Vault
    let team = Team.ID.random()
    let device = Device.ID.random()
    let secret = Hex.encode(Randomness.bytes(32))
    private let loops: EventLoopGroup
    private let server: HTTPServer
    private let state = Mutex(State())
    private let portBox = Mutex<Int>(0)

    init(_ directory: String) async throws {
        fixtures = try CertificateFixtures()
        vault = Vault(directory: "\(directory)/far")
        try await vault.prepare()
        loops = try EventLoopGroup(count: 1)
        server = HTTPServer(group: loops)
        let identity = try fixtures.server(withAuthority: true)
        var options = TLSConfiguration.Options()
        options.protocols = ["http/1.1", "lineside-http/1", "lineside-mqtt/1"]
        options.certificateProtocols = ["lineside-http/1", "lineside-mqtt/1"]
        options.clientAuthority = fixtures.authority
        let tls = try TLSConfiguration(
            .pem(chain: identity.chain, key: identity.key), options: options)
        let port = try server.listen(
            .tcp(host: "127.0.0.1", port: 0), tls: tls,
            alternatives: ["lineside-mqtt/1": { [weak self] in self?.accept($0) }]
        ) { [weak self] request in
            await self?.answer(request) ?? .problem(.notFound("This address"))
        }
        portBox.withLock { $0 = port }
    }

    var port: Int { portBox.withLock { $0 } }

    /// As enrolment would have left it.
    func enrol(_ paths: AgentPaths, servers: [AgentServer] = []) throws {
        let client = try fixtures.client(device.text)
        let own = AgentServer(host: "127.0.0.1", port: UInt16(port))
        let identity = AgentIdentity(
            device: device, name: "Press 3", team: team,
            certificate: String(decoding: client.chain, as: UTF8.self),
            authorities: String(decoding: fixtures.authority, as: UTF8.self),
            servers: servers + [own], credentialSecret: secret, issuedAt: .now())
        try AgentIdentityFile(paths).save(
            identity, key: try PrivateKey(pem: String(decoding: client.key, as: UTF8.self)))
    }

    func stop() async {
        state.withLock { $0.connection }?.close()
        await server.drain(deadline: .zero)
        await loops.shutdown()
    }

    /// The connection ends; the device comes back.
    func cut() { state.withLock { $0.connection }?.close() }

    // MARK: What the test says and sees

    var status: AgentStatus? { state.withLock { $0.statuses.last } }
    var statuses: [AgentStatus] { state.withLock { $0.statuses } }
    var replies: [AgentReply] { state.withLock { $0.replies } }
    var records: [LogRecord] { state.withLock { $0.records } }
    var sessions: Int { state.withLock { $0.sessions } }
    var resumed: Int { state.withLock { $0.resumed } }

    func desire(_ document: DesiredDocument, push: Bool = true) {
        state.withLock { $0.desired = document }
        if push { send(.apply(document, retry: false)) }
    }

    @discardableResult
    func send(
        _ order: AgentCommand.Order, id: AgentCommand.ID = .random(), at: Timestamp = .now(),
        until: Timestamp? = nil
    ) -> AgentCommand.ID {
        let command = AgentCommand(id: id, order: order, at: at, until: until)
        let topic = AgentTopic(.command, team: team, device: device).text
        state.withLock { $0.connection }?.publish(MQTTMessage(topic, command.bytes))
        return id
    }

    func document(
        _ revision: Int64, _ flows: String, port: Int, probation: Int = 0
    ) async throws -> DesiredDocument {
        let stored = try await vault.store(Array(flows.utf8))
        let text = """
            {"format":"lineside-device-snapshot/1","flows":{"digest":"\(stored.address)",
            "size":\(flows.utf8.count)},"trees":[],"modules":[]}
            """
        let manifest = try await vault.store(Array(text.utf8)).address
        return DesiredDocument(
            revision: revision, time: .now(),
            device: .init(id: device, name: "Press 3", team: team, application: nil),
            snapshot: .init(
                id: .random(), name: "v\(revision)", manifest: manifest, credentials: nil),
            settings: AgentSettings(
                hash: "h", port: port, editorKey: try SigningKey.generate().publicKeyPEM(),
                pageSecret: Randomness.secret()), probation: .init(seconds: probation))
    }

    // MARK: HTTP

    private func answer(_ request: Request) async -> Response {
        switch (request.method, request.target.path) {
        case (.get, "/api/agent/v1/desired"):
            guard var desired = state.withLock({ $0.desired }) else {
                return .problem(.notFound("A desired document"))
            }
            desired.time = .now()
            return .bytes(desired.bytes, type: "application/json")
        case (.get, let path) where path.hasPrefix("/api/agent/v1/contents/"):
            guard let address = ContentAddress(hex: String(path.suffix(64))) else { break }
            return await contents(address)
        case (.post, "/api/agent/v1/chunks"):
            let body = (try? await request.body.collect(upTo: .mebibytes(1))) ?? []
            return await chunks((try? JSONReader.read(body))?["digests"]?.array ?? [])
        case (.post, "/api/agent/v1/records"):
            let body = (try? await request.body.collect(upTo: .mebibytes(8))) ?? []
            return keep(body)
        default: break
        }
        return .problem(.notFound("This address"))
    }

    private func contents(_ address: ContentAddress) async -> Response {
        let list = (try? VaultContent.list(of: address, on: vault.disk)) ?? nil
        guard let whole = try? await vault.read(address) else {
            return .problem(.notFound("This content"))
        }
        var json = JSONWriter()
        json.object { json in
            json.field("size", whole.count)
            json.array("chunks") { json in
                let parts = list.map { list in
                    (0..<list.count).compactMap { list[$0] }.map { ($0.address.hex, $0.length) }
                }
                for (digest, size) in parts ?? [(address.hex, whole.count)] {
                    json.object { json in
                        json.field("digest", digest)
                        json.field("size", size)
                    }
                }
            }
        }
        return .bytes(json.bytes, type: "application/json")
    }

    private func chunks(_ digests: [JSONValue]) async -> Response {
        var bytes: [UInt8] = []
        for digest in digests.compactMap(\.string) {
            guard let address = ContentAddress(hex: digest),
                let file = try? vault.disk.read(
                    VaultFile.path(address), limit: .mebibytes(4))
            else { continue }
            bytes += Hex.decode(digest) ?? []
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: file.count >> (24 - 8 * $0)) }
            bytes += file
        }
        return .bytes(bytes, type: "application/octet-stream")
    }

    private func keep(_ body: [UInt8]) -> Response {
        guard let batch = try? DeviceRecords.read(body) else {
            return .problem(.malformed("no records"))
        }
        let next = state.withLock { state in
            state.records += batch.log
            state.samples += batch.samples
            state.next = max(state.next, batch.from + Int64(batch.log.count))
            return state.next
        }
        return .bytes(Array("{\"next\":\(next)}".utf8), type: "application/json")
    }

    // MARK: MQTT

    private func accept(_ channel: any ByteChannel) {
        let connection = BrokerConnection(channel) { [weak self] message in
            self?.received(message)
        }
        state.withLock { state in
            state.connection = connection
            state.sessions += 1
            if channel.security?.isResumed == true { state.resumed += 1 }
        }
        channel.start(connection)
    }

    private func received(_ message: MQTTMessage) {
        guard let topic = AgentTopic(message.topic) else { return }
        state.withLock { state in
            switch topic.word {
            case .status:
                if let status = try? AgentStatus.read(message.payload) {
                    state.statuses.append(status)
                }
            case .reply:
                if let reply = try? AgentReply.read(message.payload) {
                    state.replies.append(reply)
                }
            case .command: break
            }
        }
    }
}

/// The broker's end of one connection: says yes to everything.
final class BrokerConnection: ChannelHandler, @unchecked Sendable {
    // Confined to the channel's loop.
    private let channel: any ByteChannel
    private var decoder = PacketDecoder(version: nil, limit: 4 << 20)
    private var encoder = PacketEncoder(version: .v5)
    private var nextID: UInt16 = 0
    private let received: @Sendable (MQTTMessage) -> Void

    init(_ channel: any ByteChannel, _ received: @escaping @Sendable (MQTTMessage) -> Void) {
        self.channel = channel
        self.received = received
    }

    func channelRead(_ bytes: UnsafeRawBufferPointer) {
        decoder.append(bytes)
        while let packet = try? decoder.next() { take(packet) }
    }

    private func take(_ packet: MQTTPacket) {
        switch packet {
        case .connect: write(.connectAck(ConnectAckPacket()))
        case .subscribe(let subscribe):
            write(
                .subscribeAck(
                    SubscribeAckPacket(
                        id: subscribe.id, subscribe.subscriptions.map { _ in .success })))
        case .publish(let publish):
            received(publish.message)
            if publish.message.qos == .atLeastOnce {
                write(.acknowledge(AcknowledgePacket(.publish, id: publish.id)))
            }
        case .pingRequest: write(.pingResponse)
        default: break
        }
    }

    private func write(_ packet: MQTTPacket) {
        guard let bytes = try? encoder.encode(packet) else { return }
        channel.write(.bytes(bytes))
    }

    func publish(_ message: MQTTMessage) {
        channel.loop.execute {
            self.nextID = self.nextID == .max ? 1 : self.nextID + 1
            self.write(.publish(PublishPacket(message, id: self.nextID)))
        }
    }

    func close() { channel.loop.execute { self.channel.abort(.aborted) } }

    func channelReadEnded() { channel.close() }
    func channelDrained() {}
    func channelClosed(_ error: NetError?) {}
}
