import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import MQTT
import Net
import Site
import Store

/// The broker's service with a real Mosquitto, in a directory of its own.
final class BrokerHouse: Sendable {
    let directory: TemporaryDirectory
    let factory: Factory
    let loops: EventLoopGroup
    let link: BrokerLink
    let access: BrokerAccess
    let entrance = BrokerEntrance()
    let alarms = OpenAlarms()
    let service: BrokerService
    let files: BrokerFiles
    let fixtures: CertificateFixtures
    private let running: Task<Void, any Error>

    /// - Parameter former: whose directory is taken over, as by a later start of the appliance.
    init(
        former: BrokerHouse? = nil, plain: Bool = true,
        executable: String = "/usr/sbin/mosquitto", external: BrokerSettings.External? = nil,
        patience: Duration = .seconds(20), memory: Int = BrokerConfiguration.memoryLimit
    ) async throws {
        let directory = try former?.directory ?? TemporaryDirectory()
        self.directory = directory
        let factory: Factory
        if let former { factory = former.factory } else { factory = try await Factory() }
        self.factory = factory
        let fixtures = try former?.fixtures ?? CertificateFixtures()
        self.fixtures = fixtures
        loops = try EventLoopGroup()
        let files = BrokerFiles("\(directory.path)/broker")
        self.files = files
        let (certificate, key) = ("\(directory.path)/server.pem", "\(directory.path)/server.key")
        let plugin: [UInt8]
        if former == nil {
            let identity = try fixtures.server()
            try Files.replace(certificate, with: identity.chain)
            try Files.replace(key, with: identity.key)
            plugin = try await BrokerPluginUnderTest.make(in: directory)
        } else {
            plugin = try Files.read("\(directory.path)/made-plugin.so")
        }
        var settings = BrokerSettings(
            addresses: ["127.0.0.1"], port: 0, certificate: certificate, key: key)
        settings.external = external
        settings.memory = memory
        if plain {
            let port = try former?.plainPort ?? Int(SilentPort().number)
            settings.plain = [.init(address: "127.0.0.1", port: port, isPlain: true)]
        }
        plainPort = settings.plain.first?.port ?? 0
        let link = BrokerLink()
        let access = BrokerAccess(files: files, link: link)
        self.link = link
        self.access = access
        let service = BrokerService(
            BrokerService.Parts(
                files: files, settings: settings, stores: factory.stores,
                users: BrokerUsers(stores: factory.stores, access: access), access: access,
                link: link, entrance: entrance, alarms: alarms, loops: loops, plugin: plugin,
                executable: executable, patience: patience))
        self.service = service
        running = Task { try await service.run() }
    }

    let plainPort: Int

    func up() async throws {
        _ = try await eventually("the link to the broker") { self.link.isUp ? true : nil }
    }

    /// The appliance goes, the broker stays.
    func leave() async {
        running.cancel()
        _ = await running.result
    }

    func pid() throws -> Int32 {
        let object = try JSONReader.read(try Files.read(files.process)).object
        return Int32(object?["pid"]?.int ?? 0)
    }

    /// Ends the broker too.
    func end() async throws {
        let pid = try? pid()
        await leave()
        if let pid, pid > 1 { kill(pid, SIGKILL) }
    }

    func client(
        _ user: String, _ password: String, id: String? = nil, over address: ConnectAddress? = nil,
        _ change: (inout MQTTOptions) -> Void = { _ in }
    ) -> MQTTClient {
        var options = MQTTOptions(clientID: id ?? user)
        options.username = user
        options.password = Array(password.utf8)
        change(&options)
        let loop = loops.next()
        let target = address ?? .tcp(host: "127.0.0.1", port: UInt16(plainPort))
        return MQTTClient(options) { () async throws(NetError) in
            try await loop.connect(to: target)
        }
    }
}

extension BrokerUser {
    /// A user with a password in clear, for tests.
    static func known(
        _ name: String, _ password: String, rules: [AccessRule], team: Team.ID? = nil,
        device: Device.ID? = nil, certificate: Bool = false
    ) -> BrokerUser {
        BrokerUser(
            name: name, secretDigest: Digest.sha256(Array(password.utf8)),
            mayUseCertificate: certificate, rules: rules, team: team, device: device)
    }
}
