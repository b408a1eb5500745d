import Basics
import Domain
import Glibc
import LinesideTesting
import MQTT
import Site
import Testing

/// What the broker's service raises, with a real Mosquitto.
@Suite(
    "Alarms of the broker", .timeLimit(.minutes(10)),
    .enabled(
        if: BrokerPluginUnderTest.isPossible, "skipped: mosquitto or mosquitto-dev is not installed"
    ))
struct BrokerAlarmTests {
    @Test("A broker that stays away is told with its reason, until it is back")
    func down() async throws {
        let missing = try await BrokerHouse(executable: "/nowhere/mosquitto", patience: .seconds(1))
        let text = try await eventually("the alarm") { missing.alarms[.brokerDown] }
        #expect(text.contains("not installed"))
        try await missing.end()

        let house = try await BrokerHouse(patience: .seconds(1))
        try await house.up()
        // Stopped, not ended: nobody starts another one, and the link hears nothing.
        let pid = try house.pid()
        kill(pid, SIGSTOP)
        defer { kill(pid, SIGCONT) }
        _ = try await eventually("the alarm", within: .seconds(180)) {
            house.alarms[.brokerDown]
        }
        kill(pid, SIGCONT)
        _ = try await eventually("the end of the alarm") {
            house.alarms[.brokerDown] == nil ? true : nil
        }
        try await house.end()
    }

    @Test("Messages that the broker drops are told, with how many; none dropped before are")
    func dropped() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([
            .known("slow", "secret", rules: [AccessRule(stored: .both, "a/#")]),
            .known("fast", "secret", rules: [AccessRule(stored: .both, "a/#")]),
        ])
        // Away, with a session that keeps for it what may be kept.
        let slow = house.client("slow", "secret") { options in
            options.version = .v311
            options.cleanStart = false
        }
        try await slow.connect()
        try await slow.subscribe([MQTTSubscription("a/b")])
        await slow.disconnect()
        _ = try await eventually("the broker's counters") {
            house.link.count(TopicGrammar.droppedCount)
        }
        #expect(house.alarms[.brokerDropped] == nil)
        let fast = house.client("fast", "secret")
        try await fast.connect()
        let beyond = 50
        let payload = [UInt8](repeating: 1, count: BrokerConfiguration.messageLimit / 2)
        let room = BrokerConfiguration.queuedBytes / payload.count
        for _ in 0..<(room + BrokerConfiguration.inFlight + beyond) {
            try await fast.publish(MQTTMessage("a/b", payload, qos: .atLeastOnce))
        }
        let text = try await eventually("the alarm") { house.alarms[.brokerDropped] }
        #expect(text.contains("has dropped"))
        let count = try #require(house.service.status.dropped)
        #expect(count >= beyond)
        #expect(text.contains("\(count)"))
        await fast.disconnect()
        try await house.end()
    }
}
