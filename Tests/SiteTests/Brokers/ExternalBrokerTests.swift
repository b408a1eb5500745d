import Basics
import Domain
import Glibc
import LinesideTesting
import MQTT
import Site
import Testing

@Suite(
    "Another's broker", .timeLimit(.minutes(10)),
    .enabled(if: PlantBroker.isPossible, "skipped: mosquitto is not installed"))
struct ExternalBrokerTests {
    private func external(
        _ plant: PlantBroker, password: String = "password", authority: String? = "authority.pem"
    ) -> BrokerSettings.External {
        BrokerSettings.External(
            host: "127.0.0.1", port: plant.mosquitto.port, user: "site",
            passwordFile: "\(plant.path)/\(password)",
            authority: authority.map { "\(plant.path)/\($0)" })
    }

    @Test("The site signs in over TLS, hears what devices say and is heard by them")
    func works() async throws {
        let plant = try await PlantBroker()
        let house = try await BrokerHouse(plain: false, external: external(plant))
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
        let device = house.client("press", "own", over: plant.mosquitto.local)
        try await device.connect()
        try await device.subscribe([MQTTSubscription("ff/v1/t/d/press/command")])
        try await device.publish(MQTTMessage("ff/v1/t/d/press/status", Array("here".utf8)))
        #expect(await heard.take() == "here")
        try await house.link.publish(
            MQTTMessage("ff/v1/t/d/press/command", Array("restart".utf8), qos: .atLeastOnce))
        var messages = device.messages.makeAsyncIterator()
        #expect(await messages.next()?.message.text == "restart")

        await plant.mosquitto.end(SIGKILL)
        _ = try await eventually("the loss") {
            house.service.status.state == .running ? nil : true
        }
        try await house.end()
    }

    @Test("A wrong password, a stranger's certificate and a closed port are said and told")
    func refused() async throws {
        let plant = try await PlantBroker()
        try Files.replace(
            "\(plant.path)/stranger.pem", with: try CertificateFixtures("Stranger").authority)
        var closed = external(plant)
        closed.port = try SilentPort().number
        for (external, word) in [
            (external(plant, password: "wrong"), "refuse"),
            (external(plant, authority: "stranger.pem"), "certificate"),
            (external(plant, authority: "none.pem"), "none.pem"),
            (external(plant, authority: nil), ""), (closed, "refuse"),
        ] {
            let house = try await BrokerHouse(
                plain: false, external: external, patience: .seconds(1))
            // The alarm may be older than the first answer.
            _ = try await eventually("the alarm") { house.alarms[.brokerDown] }
            let text = try await eventually("the reason") { house.service.status.problem }
            #expect(text.lowercased().contains(word), "\(text)")
            #expect(house.service.status.state != .running)
            try await house.end()
        }
        await plant.mosquitto.end()
    }
}
