import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import MQTT
import Site
import Testing

/// A Mosquitto that is not ours, with TLS, users and rules of its own.
@Suite(
    "Another's broker", .timeLimit(.minutes(10)),
    .enabled(
        if: MosquittoUnderTest.isInstalled && Files.exists("/usr/bin/mosquitto_passwd"),
        "skipped: mosquitto is not installed"))
struct ExternalBrokerTests {
    private struct Plant {
        let broker: MosquittoUnderTest
        let fixtures: CertificateFixtures
        let path: String

        init() async throws {
            let directory = try TemporaryDirectory()
            path = directory.path
            fixtures = try CertificateFixtures("Plant")
            let identity = try fixtures.server()
            try Files.replace("\(path)/chain.pem", with: identity.chain)
            try Files.replace("\(path)/key.pem", with: identity.key)
            try Files.replace("\(path)/authority.pem", with: fixtures.authority)
            try Files.replace("\(path)/password", with: Array("secret\n".utf8))
            try Files.replace("\(path)/wrong", with: Array("other\n".utf8))
            for (name, password, extra) in [("site", "secret", ["-c"]), ("press", "own", [])] {
                let made = try ProgramUnderTest(
                    "/usr/bin/mosquitto_passwd",
                    extra + ["-b", "\(path)/users", name, password], errors: "\(path)/errors")
                #expect(await made.exitStatus() == 0)
            }
            // $SYS is nobody's here: the site must do without.
            let rules = "user site\ntopic readwrite ff/#\ntopic readwrite ls/#\nuser press\n"
            try Files.replace(
                "\(path)/rules", with: Array((rules + "topic readwrite ff/#\n").utf8))
            broker = try await MosquittoUnderTest(
                [
                    "certfile \(path)/chain.pem", "keyfile \(path)/key.pem",
                    "allow_anonymous false", "password_file \(path)/users",
                    "acl_file \(path)/rules",
                ], in: directory)
        }

        func external(
            password: String = "password", authority: String? = "authority.pem"
        ) -> BrokerSettings.External {
            BrokerSettings.External(
                host: "127.0.0.1", port: broker.port, user: "site",
                passwordFile: "\(path)/\(password)", authority: authority.map { "\(path)/\($0)" })
        }
    }

    @Test("The site signs in over TLS, hears what devices say and is heard by them")
    func works() async throws {
        let plant = try await Plant()
        let house = try await BrokerHouse(plain: false, external: plant.external())
        try await house.up()
        let status = house.service.status
        #expect(status.state == .running && status.isExternal && status.problem == nil)
        #expect(status.port == nil && status.dropped == nil)
        #expect(status.unenforceable.count == 5)
        #expect(!house.link.tellsPresence)
        #expect(house.entrance.current == nil)
        // Nothing of ours runs beside it.
        #expect(!Files.exists(house.files.process))
        let heard = Mailbox<String>()
        await house.link.subscribe(["ff/v1/+/d/+/status"]) { heard.put($0.text) }
        let device = house.client("press", "own", over: plant.broker.local)
        try await device.connect()
        try await device.subscribe([MQTTSubscription("ff/v1/t/d/press/command")])
        try await device.publish(MQTTMessage("ff/v1/t/d/press/status", Array("here".utf8)))
        #expect(await heard.take() == "here")
        try await house.link.publish(
            MQTTMessage("ff/v1/t/d/press/command", Array("restart".utf8), qos: .atLeastOnce))
        var messages = device.messages.makeAsyncIterator()
        #expect(await messages.next()?.message.text == "restart")

        await plant.broker.end(SIGKILL)
        _ = try await eventually("the loss") {
            house.service.status.state == .running ? nil : true
        }
        try await house.end()
    }

    @Test("A wrong password, a stranger's certificate and a closed port are said and told")
    func refused() async throws {
        let plant = try await Plant()
        try Files.replace(
            "\(plant.path)/stranger.pem", with: try CertificateFixtures("Stranger").authority)
        var closed = plant.external()
        closed.port = try SilentPort().number
        for (external, word) in [
            (plant.external(password: "wrong"), "refuse"),
            (plant.external(authority: "stranger.pem"), "certificate"),
            (plant.external(authority: "none.pem"), "none.pem"),
            (plant.external(authority: nil), ""), (closed, "refuse"),
        ] {
            let house = try await BrokerHouse(
                plain: false, external: external, patience: .seconds(1))
            let text = try await eventually("the alarm") {
                house.service.status.problem == nil ? nil : house.alarms[.brokerDown]
            }
            #expect(text.lowercased().contains(word), "\(text)")
            #expect(house.service.status.state != .running)
            try await house.end()
        }
        await plant.broker.end()
    }
}
