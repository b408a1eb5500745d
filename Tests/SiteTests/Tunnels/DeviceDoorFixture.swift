import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Net
import Synchronization

@testable import Site

/// Certificates as a test gives and takes them.
final class TestIdentities: DeviceIdentities {
    private let known = Mutex<[String: (device: Device.ID, team: Team.ID)]>([:])

    func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)? {
        known.withLock { $0[serial] }
    }

    func put(_ serial: String, _ device: Device.ID, _ team: Team.ID) {
        known.withLock { $0[serial] = (device, team) }
    }

    func revoke(_ serial: String) { known.withLock { _ = $0.removeValue(forKey: serial) } }
}

/// A door on a free port, with a socket behind it that takes what a broker would be sent.
struct DoorHouse: Sendable {
    let group: EventLoopGroup
    let clients: EventLoopGroup
    let server: HTTPServer
    let port: Int
    let clock: LoopClock
    let identities = TestIdentities()
    let entrance = BrokerEntrance()
    let signal = SecuritySignal()
    let door: DeviceDoor
    let fixtures: CertificateFixtures
    let team = Team.ID.random()
    let directory: TemporaryDirectory

    static let secret = Array("the secret of this start".utf8)

    init(
        perAddress: Int = 100_000, pages: @escaping Handler = { _ in .empty(404) }
    ) throws {
        var options = EventLoop.Options.standing
        clock = options.clock
        options.log = Log("net") { _, _ in }
        group = try EventLoopGroup(options: options)
        clients = try EventLoopGroup(options: .standing)
        directory = try TemporaryDirectory()
        fixtures = try CertificateFixtures()
        let identity = try fixtures.server(withAuthority: true)
        var tls = TLSConfiguration.Options()
        tls.protocols = ["http/1.1", "lineside-http/1", "lineside-mqtt/1"]
        tls.certificateProtocols = ["lineside-http/1", "lineside-mqtt/1"]
        tls.clientAuthority = fixtures.authority
        var limits = HTTPLimits()
        limits.maxConnectionsPerAddress = perAddress
        limits.maxConnections = 100_000
        server = HTTPServer(group: group, limits: limits)
        let door = DeviceDoor(identities: identities, broker: entrance, signal: signal)
        self.door = door
        port = try server.listen(
            .tcp(host: "127.0.0.1", port: 0),
            tls: try TLSConfiguration(
                .pem(chain: identity.chain, key: identity.key), options: tls),
            alternatives: [DeviceDoor.mqttProtocol: { door.takeMQTT($0) }],
            owner: { door.owner(of: $0) }
        ) { request in
            if let response = door.webSocket(request, origin: "https://plant:8443") {
                return response
            }
            return await pages(request)
        }
    }

    struct Made: Sendable {
        let id: Device.ID
        let serial: String
        let identity: TLSIdentity
        let name: String
    }

    /// A device that is let in.
    /// - Parameter calling: the common name, where it is not the id.
    func device(calling name: String? = nil) throws -> Made {
        let id = Device.ID.random()
        let pem = try fixtures.client(name ?? id.text)
        let certificate = try Certificate(pem: String(decoding: pem.chain, as: UTF8.self))
        identities.put(certificate.serial, id, team)
        return Made(
            id: id, serial: certificate.serial, identity: try TLSIdentity(pem),
            name: "device:\(team):\(id)")
    }

    func tls(_ identity: TLSIdentity?, _ name: String) throws -> ConnectTLS {
        ConnectTLS(
            try TLSClientConfiguration(trust: .site(.pins([fixtures.pin])), protocols: [name]),
            name: "127.0.0.1", identity: identity)
    }

    func connect(_ made: Made?, _ name: String = "lineside-mqtt/1") async throws -> RawClient {
        try await RawClient(
            port: port, on: clients.next(), tls: try tls(made?.identity, name))
    }

    /// Lets a socket stand where the broker's would; each connection to it comes out of the box.
    func broker() throws -> (listener: Listener, taken: Mailbox<any ByteChannel>) {
        let path = "\(directory.path)/link.sock"
        let taken = Mailbox<any ByteChannel>()
        let listener = try Listener(
            .unix(path: path, mode: 0o600), loops: clients.loops, limits: ConnectionLimits()
        ) { taken.put($0) }
        listener.start()
        entrance.open(BrokerSpliceTarget(socketPath: path, openPath: path, secret: Self.secret))
        return (listener, taken)
    }

    func end() async {
        await server.drain(deadline: .zero)
        await group.shutdown()
        await clients.shutdown()
    }
}

extension ByteChannel {
    /// Reads on from here.
    func recorded() async -> ChannelRecorder {
        let recorder = ChannelRecorder()
        await loop.run { self.start(recorder) }
        return recorder
    }

    func send(_ bytes: [UInt8]) async { await loop.run { _ = self.write(.bytes(bytes)) } }
}
