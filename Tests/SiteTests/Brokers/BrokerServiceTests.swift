import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import MQTT
import Net
import Site
import Store
import Synchronization
import Testing

/// Our plugin, our service and a real Mosquitto.
@Suite(
    "Site broker", .timeLimit(.minutes(10)),
    .enabled(
        if: BrokerPluginUnderTest.isPossible, "skipped: mosquitto or mosquitto-dev is not installed"
    ))
struct BrokerServiceTests {
    private static let rules = [
        AccessRule(stored: .both, "cell/1/#"), AccessRule(stored: .subscribe, "orders/+"),
    ]

    private func refuses(_ client: MQTTClient) async -> Bool {
        do { try await client.connect() } catch {
            if case .refused = error { return true }
            return false
        }
        await client.disconnect()
        return false
    }

    @Test("Who is known comes in, with the right password and an id of its own, and nobody else")
    func authentication() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("plc-1", "secret", rules: Self.rules)])
        for version in [MQTTVersion.v311, .v5] {
            let client = house.client("plc-1", "secret") { $0.version = version }
            try await client.connect()
            await client.disconnect()
        }
        let second = house.client("plc-1", "secret", id: "plc-1:n:a1b2")
        try await second.connect()
        #expect(await refuses(house.client("plc-1", "wrong")))
        #expect(await refuses(house.client("plc-1", "")))
        #expect(await refuses(house.client("plc-1", "secret", id: "plc-2")))
        #expect(await refuses(house.client("plc-1", "secret", id: "plc-1:x")))
        #expect(await refuses(house.client("plc-2", "secret")))
        #expect(await refuses(house.client("lineside", "secret")))
        try await house.end()
    }

    @Test("Only the local socket takes the appliance's secrets, and those only for whom they are")
    func secrets() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([
            .known("a", "secret", rules: Self.rules, certificate: true),
            .known("b", "secret", rules: Self.rules),
        ])
        let target = try #require(house.entrance.current)
        let proof = String(decoding: target.secret, as: UTF8.self)
        let local = ConnectAddress.unix(path: target.socketPath)
        let proven = house.client("a", proof, over: local)
        try await proven.connect()
        #expect(await refuses(house.client("b", proof, over: local)))
        #expect(await refuses(house.client("a", proof)))
        #expect(await refuses(house.client("lineside", proof, over: local)))
        let lines = String(
            decoding: try Files.read(house.files.secrets), as: UTF8.self
        ).split(separator: "\n")
        let own = try #require(lines.first { $0.hasPrefix("link ") }).dropFirst(5)
        #expect(await refuses(house.client("lineside", String(own), id: "lineside:n1")))
        try await house.end()
    }

    @Test("Thousands of commands later the broker still lets in who may come")
    func manyCommands() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("plc-1", "secret", rules: Self.rules)])
        for number in 0..<4_000 {
            try await house.access.put([.known("plc-2", "\(number)", rules: Self.rules)])
        }
        let client = house.client("plc-1", "secret")
        try await client.connect()
        await client.disconnect()
        try await house.end()
    }

    @Test("Who listens may publish and wait for it, however much there is to hear")
    func listenersThatPublish() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("plc-1", "secret", rules: Self.rules)])
        let handled = Mutex(0)
        await house.link.subscribe(["cell/#"]) { _ in
            try? await house.link.publish(MQTTMessage("orders/1", [1], qos: .atLeastOnce))
            handled.withLock { $0 += 1 }
        }
        let client = house.client("plc-1", "secret")
        try await client.connect()
        for _ in 0..<3_000 { try await client.publish(MQTTMessage("cell/1/a", [1])) }
        _ = try await eventually("all are handled") {
            handled.withLock { $0 } == 3_000 ? true : nil
        }
        await client.disconnect()
        try await house.end()
    }

    @Test("Topics are whose they are, for publishing, subscribing and receiving")
    func topics() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([
            .known("a", "secret", rules: Self.rules),
            .known("b", "secret", rules: [AccessRule(stored: .both, "cell/#")]),
        ])
        let (a, b) = (house.client("a", "secret"), house.client("b", "secret"))
        try await a.connect()
        try await b.connect()
        for filter in ["#", "cell/#", "cell/+/x", "orders/#", "$SYS/#", "$CONTROL/#"] {
            await #expect(throws: MQTTError.self, "\(filter)") {
                try await a.subscribe([MQTTSubscription(filter)])
            }
        }
        try await a.subscribe([MQTTSubscription("cell/1/#"), MQTTSubscription("orders/7")])
        try await b.subscribe([MQTTSubscription("cell/#")])
        await #expect(throws: MQTTError.self) {
            try await a.publish(MQTTMessage("orders/7", [1]))
        }
        await #expect(throws: MQTTError.self) {
            try await a.publish(MQTTMessage("$CONTROL/lineside/v1", Array("x load\n".utf8)))
        }
        try await a.publish(MQTTMessage("cell/1/speed", [1]))
        try await b.publish(MQTTMessage("cell/2/speed", [2]))
        try await b.publish(MQTTMessage("cell/1/speed", [3]))
        var messages = a.messages.makeAsyncIterator()
        #expect(await messages.next()?.message.payload == [1])
        #expect(await messages.next()?.message.payload == [3])
        // Rights that are taken away are gone for subscriptions that were made with them.
        try await house.access.put([
            .known("a", "secret", rules: [AccessRule(stored: .subscribe, "cell/1/last")])
        ])
        try await b.publish(MQTTMessage("cell/1/speed", [4]))
        try await b.publish(MQTTMessage("cell/1/last", [5]))
        #expect(await messages.next()?.message.payload == [5])
        try await house.end()
    }

    @Test("A user that is removed, or gets another secret, is gone in that moment")
    func revocation() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([
            .known("a", "secret", rules: Self.rules), .known("b", "secret", rules: Self.rules),
            .known("c", "secret", rules: Self.rules),
        ])
        let clients = ["a", "b", "c"].map { house.client($0, "secret") }
        for client in clients { try await client.connect() }
        try await house.access.remove(["a"])
        await clients[0].ended()
        try await house.access.put([.known("b", "other", rules: Self.rules)])
        await clients[1].ended()
        #expect(await refuses(house.client("a", "secret")))
        #expect(await refuses(house.client("b", "secret")))
        #expect(clients[2].isConnected)
        try await house.access.kick(["c"])
        await clients[2].ended()
        try await clients[2].connect()
        try await house.end()
    }

    @Test("Who comes and goes is told, however it goes; who was never let in is not")
    func presence() async throws {
        let house = try await BrokerHouse()
        var events = house.link.presence.makeAsyncIterator()
        try await house.up()
        #expect(await events.next() == .link(isUp: true))
        try await house.access.put([
            .known("a", "secret", rules: Self.rules), .known("b", "secret", rules: Self.rules),
        ])
        let (a, b) = (house.client("a", "secret"), house.client("b", "secret"))
        try await a.connect()
        try await a.subscribe([MQTTSubscription("cell/1/x")])
        #expect(await events.next() == .came(name: "a", address: "127.0.0.1"))
        #expect(await refuses(house.client("a", "wrong")))
        let nodes = house.client("a", "secret", id: "a:n1")
        try await nodes.connect()
        try await nodes.subscribe([MQTTSubscription("cell/1/x")])
        await nodes.disconnect()
        try await b.connect()
        try await b.subscribe([MQTTSubscription("cell/1/x")])
        #expect(await events.next() == .came(name: "b", address: "127.0.0.1"))
        // The same again takes the place of the first.
        let again = house.client("a", "secret")
        try await again.connect()
        #expect(await events.next() == .left(name: "a"))
        try await again.subscribe([MQTTSubscription("cell/1/x")])
        #expect(await events.next() == .came(name: "a", address: "127.0.0.1"))
        try await house.access.kick(["b"])
        #expect(await events.next() == .left(name: "b"))
        await again.disconnect()
        #expect(await events.next() == .left(name: "a"))
        try await house.end()
    }

    @Test("A broker that is killed comes back with the same users, and the link with it")
    func killed() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("a", "secret", rules: Self.rules)])
        for _ in 0..<2 {
            let pid = try house.pid()
            kill(pid, SIGKILL)
            _ = try await eventually("another broker") { try house.pid() != pid ? true : nil }
            try await house.up()
            let client = house.client("a", "secret")
            try await client.connect()
            await client.disconnect()
        }
        try await house.access.put([.known("b", "secret", rules: Self.rules)])
        try await house.client("b", "secret").connect()
        try await house.end()
    }

    @Test("The next start of the appliance takes the broker over, and who is there stays")
    func adopted() async throws {
        let first = try await BrokerHouse()
        try await first.up()
        let draft = BrokerClientStore.Draft(
            team: first.factory.team.id, name: BrokerClientName(stored: "gateway"), note: "",
            rules: Self.rules, isEnabled: true)
        _ = try await first.factory.stores.brokerClients.insert(
            draft, digest: BrokerUser.known("x", "secret", rules: []).secretDigest ?? [],
            by: .site)
        let users = BrokerUsers(stores: first.factory.stores, access: first.access)
        try await first.access.put(try await users.load() + [.known("old", "secret", rules: [])])
        let gateway = first.client("gateway", "secret")
        try await gateway.connect()
        try await gateway.subscribe([MQTTSubscription("cell/1/x")])
        let old = first.client("old", "secret")
        try await old.connect()
        let pid = try first.pid()
        await first.leave()
        #expect(gateway.isConnected)

        let second = try await BrokerHouse(former: first)
        var events = second.link.presence.makeAsyncIterator()
        try await second.up()
        #expect(try second.pid() == pid)
        #expect(await events.next() == .link(isUp: true))
        #expect(await events.next() == .came(name: "gateway", address: nil))
        #expect(gateway.isConnected)
        // The registry knows nothing of it.
        await old.ended()
        try await second.access.put([.known("new", "secret", rules: Self.rules)])
        try await second.client("new", "secret").connect()
        try await second.end()
    }

    @Test("Without a good file of users only the appliance comes in, and puts it right")
    func failsClosed() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("a", "secret", rules: Self.rules)])
        try Files.replace(house.files.access, with: Array("lineside-access 1\ng 1\nbad".utf8))
        let pid = try house.pid()
        kill(pid, SIGKILL)
        _ = try await eventually("another broker") { try house.pid() != pid ? true : nil }
        try await house.up()
        // What the link does first: the file did not hold what the appliance knows.
        try await house.access.put([.known("b", "secret", rules: Self.rules)])
        try await house.client("b", "secret").connect()
        try await house.end()
    }

    @Test("Where there is no Mosquitto a sentence says so")
    func missing() async throws {
        let house = try await BrokerHouse(executable: "/nowhere/mosquitto")
        let problem = try await eventually("the sentence") { house.service.status.problem }
        #expect(problem.contains("not installed"))
        #expect(house.service.status.state == .down)
        #expect(house.entrance.current == nil)
        try await house.access.put([.known("a", "secret", rules: Self.rules)])
        try await house.end()
    }

    @Test(
        "Clients of other people's making come in over TLS, with MQTT 3.1.1 and 5",
        .enabled(if: Files.exists("/usr/bin/mosquitto_sub"), "skipped: no mosquitto-clients"),
        arguments: ["mqttv311", "mqttv5"])
    func overTLS(version: String) async throws {
        let house = try await BrokerHouse(plain: false)
        try await house.up()
        try await house.access.put([.known("plc-1", "secret", rules: Self.rules)])
        let port = try #require(house.service.status.port)
        let authority = "\(house.directory.path)/authority.pem"
        try Files.replace(authority, with: house.fixtures.authority)
        let common = [
            "--cafile", authority, "-h", "localhost", "-p", "\(port)", "-V", version, "-u",
            "plc-1", "-P", "secret", "-q", "1", "-t", "cell/1/speed",
        ]
        let errors = "\(house.directory.path)/clients.log"
        let receiver = try ProgramUnderTest(
            "/usr/bin/mosquitto_sub", common + ["-i", "plc-1:n1", "-C", "1"], errors: errors)
        // It has subscribed when a message that is kept for new subscribers, or a later one, is in.
        let sent = try ProgramUnderTest(
            "/usr/bin/mosquitto_pub", common + ["-i", "plc-1", "-m", "1480", "-r"],
            errors: errors)
        #expect(await sent.exitStatus() == 0)
        let line = try await withLimit(waitingFor: "the message") {
            for await line in receiver.lines { return line }
            return ""
        }
        #expect(line == "1480")
        #expect(await receiver.exitStatus() == 0)
        let wrong = try ProgramUnderTest(
            "/usr/bin/mosquitto_pub",
            common.map { $0 == "secret" ? "wrong" : $0 } + ["-i", "plc-1", "-m", "x"],
            errors: errors)
        #expect(await wrong.exitStatus() != 0)
        try await house.end()
    }

    @Test("A new server certificate is shown, and nobody's connection ends for it")
    func renewal() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("a", "secret", rules: Self.rules)])
        let client = house.client("a", "secret")
        try await client.connect()
        let port = UInt16(try #require(house.service.status.port))
        let trust = try TLSClientConfiguration(authority: house.fixtures.authority)
        let loop = house.loops.next()
        let shown = { @Sendable () async throws -> [UInt8]? in
            let channel = try await loop.connect(
                to: .tcp(host: "127.0.0.1", port: port), tls: ConnectTLS(trust, name: "127.0.0.1"))
            defer { loop.execute { channel.abort(.aborted) } }
            return channel.security?.peerCertificate
        }
        let before = try await shown()
        #expect(before != nil)
        let identity = try house.fixtures.server()
        try Files.replace("\(house.directory.path)/server.key", with: identity.key)
        try Files.replace("\(house.directory.path)/server.pem", with: identity.chain)
        _ = try await eventually("the new certificate") {
            try await shown() != before ? true : nil
        }
        #expect(client.isConnected)
        try await house.end()
    }
}
