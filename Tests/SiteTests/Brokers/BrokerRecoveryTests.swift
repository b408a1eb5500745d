import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import MQTT
import Net
import Site
import Store
import Testing

/// What the broker missed while nobody told it, or could not be told.
@Suite(
    "What the site broker missed", .timeLimit(.minutes(10)),
    .enabled(
        if: BrokerPluginUnderTest.isPossible, "skipped: mosquitto or mosquitto-dev is not installed"
    ))
struct BrokerRecoveryTests {
    private static let rules = [AccessRule(stored: .both, "cell/1/#")]

    private func shown(_ house: BrokerHouse) async throws -> [UInt8]? {
        let port = UInt16(try #require(house.service.status.port))
        let trust = try TLSClientConfiguration(authority: house.fixtures.authority)
        let loop = house.loops.next()
        let channel = try await loop.connect(
            to: .tcp(host: "127.0.0.1", port: port), tls: ConnectTLS(trust, name: "127.0.0.1"))
        defer { loop.execute { channel.abort(.aborted) } }
        return channel.security?.peerCertificate
    }

    @Test("A certificate that came while the appliance was away is shown after it took over")
    func certificate() async throws {
        let first = try await BrokerHouse()
        try await first.up()
        let before = try await shown(first)
        let pid = try first.pid()
        await first.leave()
        let identity = try first.fixtures.server()
        try Files.replace("\(first.directory.path)/server.key", with: identity.key)
        try Files.replace("\(first.directory.path)/server.pem", with: identity.chain)
        let second = try await BrokerHouse(former: first)
        try await second.up()
        #expect(try second.pid() == pid)
        _ = try await eventually("the new certificate") {
            try await shown(second) != before ? true : nil
        }
        try await second.end()
    }

    @Test("An alarm of a former start ends with the first connection")
    func alarm() async throws {
        let house = try await BrokerHouse()
        house.alarms.raise(.brokerDown, "of before")
        try await house.up()
        _ = try await eventually("the end of the alarm") {
            house.alarms[.brokerDown] == nil ? true : nil
        }
        try await house.end()
    }

    @Test("Who is removed goes although the disk does not take it, and the disk learns it later")
    func disk() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([
            .known("a", "secret", rules: Self.rules), .known("b", "secret", rules: Self.rules),
        ])
        let (a, b) = (house.client("a", "secret"), house.client("b", "secret"))
        try await a.connect()
        try await b.connect()
        // A directory in its place takes no bytes.
        let path = house.files.access
        try Files.removeIfThere(path)
        #expect(mkdir(path, 0o700) == 0)
        await #expect(throws: BrokerFault.self) { try await house.access.remove(["a"]) }
        await a.ended()
        #expect(b.isConnected)
        await #expect(throws: MQTTError.self) { try await house.client("a", "secret").connect() }
        let problem = try await eventually("the problem") { house.service.status.problem }
        #expect(problem.contains("may still come in"))
        #expect(rmdir(path) == 0)
        let text = try await eventually("the file") {
            (try? Files.read(path)).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(!text.contains("\nu a ") && text.contains("\nu b "))
        _ = try await eventually("no problem") { house.service.status.problem == nil ? true : nil }
        try await house.access.put([.known("c", "secret", rules: Self.rules)])
        try await house.client("c", "secret").connect()
        try await house.end()
    }

    @Test("What is said with an end reaches the broker with it")
    func life() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("a", "secret", rules: Self.rules)])
        let client = house.client("a", "secret") { $0.version = .v5 }
        try await client.connect()
        try await client.subscribe([MQTTSubscription("cell/1/order")])
        var said = client.messages.makeAsyncIterator()
        try await house.link.publish("cell/1/order", [1], isSure: true, life: .milliseconds(89_001))
        let order = try #require(await said.next())
        // The broker takes off what has passed.
        let left = try #require(order.message.expirySeconds)
        #expect(left > 0 && left <= 90)
        try await house.link.publish("cell/1/order", [2], isSure: true)
        #expect(try #require(await said.next()).message.expirySeconds == nil)
        try await house.end()
    }

    @Test("Who is there is known at any moment, and who has gone")
    func present() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("a", "secret", rules: Self.rules)])
        let client = house.client("a", "secret")
        try await client.connect()
        try await client.subscribe([MQTTSubscription("cell/1/none")])
        _ = try await eventually("the coming") { house.link.isPresent("a") == true ? true : nil }
        await client.disconnect()
        _ = try await eventually("the going") { house.link.isPresent("a") == false ? true : nil }
        try await house.end()
    }

    @Test("A user has a few sessions and no more, each of which would hold a queue")
    func sessions() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("a", "secret", rules: Self.rules)])
        for name in ["a", "a:n", "a:n:00ff", "a:n1", "a:n2", "a:n", "a"] {
            let client = house.client("a", "secret", id: name)
            try await client.connect()
            await client.disconnect()
        }
        await #expect(throws: MQTTError.self) {
            try await house.client("a", "secret", id: "a:n3").connect()
        }
        let own = house.client("a", "secret")
        try await own.connect()
        await #expect(throws: MQTTError.self) {
            try await own.subscribe([MQTTSubscription("$share/press-4/cell/1/x")])
        }
        try await own.subscribe([MQTTSubscription("$share/a/cell/1/x")])
        try await house.end()
    }
}
