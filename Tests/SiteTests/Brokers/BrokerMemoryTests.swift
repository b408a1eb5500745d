import Basics
import Domain
import Glibc
import LinesideTesting
import MQTT
import Net
import Testing

@testable import Site

/// What one user may make the broker keep, with a real Mosquitto.
@Suite(
    "Site broker's memory", .timeLimit(.minutes(10)),
    .enabled(
        if: BrokerPluginUnderTest.isPossible, "skipped: mosquitto or mosquitto-dev is not installed"
    ))
struct BrokerMemoryTests {
    private static let rules = [AccessRule(stored: .both, "cell/1/#")]
    private static let large = [UInt8](repeating: 7, count: 1_000_000)

    /// - Returns: how many of the topics were kept.
    private func fill(_ client: MQTTClient, _ count: Int) async -> Int {
        var kept = 0
        for number in 0..<count {
            do throws(MQTTError) {
                try await client.publish(
                    MQTTMessage("cell/1/\(number)", Self.large, isRetained: true))
                kept += 1
            } catch { continue }
        }
        return kept
    }

    /// A broker that has ended lets go of its lock.
    private func ended(_ house: BrokerHouse) async throws {
        let path = house.files.lock
        _ = try await eventually("the end of the broker") { () -> Bool? in
            guard let lock = try FileLock.take(path) else { return nil }
            return lock.file.raw >= 0
        }
    }

    @Test("A user fills its own share of what the broker keeps, and nobody else's")
    func share() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([
            .known("a", "secret", rules: Self.rules), .known("b", "secret", rules: Self.rules),
        ])
        let (a, b) = (
            house.client("a", "secret") { $0.version = .v5 },
            house.client("b", "secret") { $0.version = .v5 }
        )
        try await a.connect()
        try await b.connect()
        let kept = await fill(a, 40)
        #expect(kept > 20 && kept < 34)
        let alarm = try await eventually("the alarm") { house.alarms[.brokerRetained] }
        #expect(alarm.contains("“a”"))
        try await b.publish(MQTTMessage("cell/1/b", Self.large, isRetained: true))
        try await a.publish(MQTTMessage("cell/1/0", Self.large))
        // Emptied, there is room again.
        try await a.publish(MQTTMessage("cell/1/0", [], isRetained: true))
        try await a.publish(MQTTMessage("cell/1/1", [], isRetained: true))
        try await a.publish(MQTTMessage("cell/1/new", [1], isRetained: true))
        await house.leave()
        let pid = try house.pid()
        kill(pid, SIGTERM)
        try await ended(house)

        // The next broker has counted what the database holds.
        let next = try await BrokerHouse(former: house)
        try await next.up()
        try await next.access.put([.known("a", "secret", rules: Self.rules)])
        let again = next.client("a", "secret") { $0.version = .v5 }
        try await again.connect()
        #expect(await fill(again, 40) < 34)
        var more = 0
        for number in 100..<110 {
            do throws(MQTTError) {
                try await again.publish(
                    MQTTMessage("cell/1/\(number)", Self.large, isRetained: true))
                more += 1
            } catch { continue }
        }
        #expect(more == 0)
        try await next.end()
    }

    @Test("What is over makes room again, in the count and in the broker, and nobody hears of it")
    func expiry() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([.known("a", "secret", rules: Self.rules)])
        let client = house.client("a", "secret") { $0.version = .v5 }
        try await client.connect()
        try await client.publish(MQTTMessage("cell/1/stays", [1], isRetained: true))
        var kept = 0
        for number in 0..<40 {
            var message = MQTTMessage("cell/1/\(number)", Self.large, isRetained: true)
            message.expirySeconds = 1
            do throws(MQTTError) {
                try await client.publish(message)
                kept += 1
            } catch { break }
        }
        #expect(kept > 20 && kept < 34)
        // Listens to what it keeps from now on, not to what was.
        let listener = house.client("a", "secret", id: "a:n1") { $0.version = .v5 }
        try await listener.connect()
        var fromNowOn = MQTTSubscription("cell/1/#")
        fromNowOn.retainHandling = 2
        try await listener.subscribe([fromNowOn])
        var heard = listener.messages.makeAsyncIterator()
        let pid = try house.pid()
        _ = try await eventually("room again") { () -> Bool? in
            // Its database; each 30 s otherwise.
            kill(pid, SIGUSR1)
            do throws(MQTTError) {
                try await client.publish(
                    MQTTMessage("cell/1/new", Self.large, isRetained: true))
                return true
            } catch { return nil }
        }
        for name in ["new"] + (100..<115).map(String.init) {
            if name != "new" {
                try await client.publish(
                    MQTTMessage("cell/1/\(name)", Self.large, isRetained: true))
            }
            let next = try #require(await heard.next())
            #expect(next.message.topic == "cell/1/\(name)")
            #expect(next.message.payload.count == Self.large.count)
            next.acknowledge()
        }
        // The one without an end is there as before.
        let late = house.client("a", "secret", id: "a:n2") { $0.version = .v5 }
        try await late.connect()
        try await late.subscribe([MQTTSubscription("cell/1/stays")])
        var found = late.messages.makeAsyncIterator()
        #expect(await found.next()?.message.payload == [1])
        try await house.end()
    }

    @Test("What a device says to the appliance is never kept for later")
    func notKept() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        let device = Device.ID.random()
        let team = house.factory.team.id
        let name = "device:\(team):\(device)"
        try await house.access.put([
            .known(
                name, "secret", rules: TopicGrammar.stockAgent, team: team, device: device)
        ])
        let client = house.client(name, "secret") { $0.version = .v5 }
        try await client.connect()
        let topic = StockTopic(.status, team: team, device: device).text
        await #expect(throws: MQTTError.self) {
            try await client.publish(MQTTMessage(topic, [1], isRetained: true))
        }
        try await client.publish(MQTTMessage(topic, [1]))
        try await client.publish(MQTTMessage("ff/v1/\(team)/c/x", [1], isRetained: true))
        try await house.end()
    }

    @Test("A broker that cannot load what it kept begins without it, and an alarm says so")
    func damaged() async throws {
        let first = try await BrokerHouse()
        try await first.up()
        let pid = try first.pid()
        await first.leave()
        kill(pid, SIGKILL)
        try await ended(first)
        let junk = Array("what a torn disk leaves behind".utf8)
        try Files.replace(first.files.database, with: junk)

        let second = try await BrokerHouse(former: first)
        try await second.up()
        #expect(try Files.read(second.files.asideDatabase) == junk)
        let alarm = try await eventually("the alarm") {
            second.alarms[.brokerDatabase]
        }
        #expect(alarm.contains(second.files.asideDatabase))
        // A person has seen to it.
        unlink(second.files.asideDatabase)
        _ = try await eventually("the end of the alarm") {
            second.alarms[.brokerDatabase] == nil ? true : nil
        }
        try await second.end()
    }

    @Test("Many users together do not fill the broker: it goes on for everybody else")
    func together() async throws {
        // 64 MiB: each session may hold 16.
        let house = try await BrokerHouse(memory: 64 << 20)
        try await house.up()
        let hostile = (0..<8).map { "h\($0)" }
        try await house.access.put(
            hostile.map {
                .known($0, "secret", rules: [AccessRule(stored: .both, "cell/\($0)/#")])
            } + [.known("b", "secret", rules: Self.rules)])
        let honest = house.client("b", "secret") { $0.version = .v5 }
        try await honest.connect()
        try await honest.subscribe([MQTTSubscription("cell/1/said")])
        var heard = honest.messages.makeAsyncIterator()
        for name in hostile {
            // A queue for somebody who does not come back.
            let sleeper = house.client(name, "secret", id: "\(name):n1") {
                $0.version = .v5
                $0.cleanStart = false
                $0.sessionExpiry = 3_600
            }
            try await sleeper.connect()
            try await sleeper.subscribe([MQTTSubscription("cell/\(name)/#")])
            await sleeper.disconnect()
            // To the last byte.
            for (size, count) in [(1_000_000, 15), (20_000, 100), (400, 1_000)] {
                let loud = house.client(name, "secret") { $0.version = .v5 }
                let payload = [UInt8](repeating: 7, count: size)
                do throws(MQTTError) {
                    try await loud.connect()
                    for number in 0..<count {
                        try await loud.publish(MQTTMessage("cell/\(name)/\(number)", payload))
                    }
                } catch {}
                await loud.disconnect()
            }
        }
        for number in 0..<40 {
            let payload = [UInt8](repeating: UInt8(number), count: 3_000)
            try await honest.publish(MQTTMessage("cell/1/said", payload))
            let next = try #require(await heard.next())
            #expect(next.message.payload == payload)
            next.acknowledge()
        }
        // And somebody new comes in.
        try await house.access.put([.known("c", "secret", rules: Self.rules)])
        let late = house.client("c", "secret") { $0.version = .v5 }
        try await late.connect()
        try await late.publish(MQTTMessage("cell/1/said", [1]))
        #expect(house.link.isUp)
        try await house.end()
    }

    @Test("On the socket for those whom nothing has proven no secret of the appliance counts")
    func openSocket() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        try await house.access.put([
            .known("a", "secret", rules: Self.rules, certificate: true)
        ])
        let target = try #require(house.entrance.current)
        let lines = String(decoding: try Files.read(house.files.secrets), as: UTF8.self)
            .split(separator: "\n")
        let link = try #require(lines.first { $0.hasPrefix("link ") }).dropFirst(5)
        let proof = String(decoding: target.secret, as: UTF8.self)
        for (user, secret) in [("lineside", String(link)), ("a", proof)] {
            let client = house.client(user, secret, over: .unix(path: target.openPath))
            await #expect(throws: MQTTError.self) { try await client.connect() }
        }
        let client = house.client("a", "secret", over: .unix(path: target.openPath))
        try await client.connect()
        try await house.end()
    }
}

@Suite("Broker memory watch") struct BrokerMemoryWatchTests {
    private let start = ContinuousClock.now

    @Test("Memory is alarmed once when it is nearly full, and cleared when there is air again")
    func heap() {
        var watch = BrokerMemoryWatch()
        let limit = BrokerConfiguration.memoryLimit
        #expect(watch.see(heap: nil, refusals: nil, start) == [])
        // An alarm of a former start.
        #expect(watch.see(heap: 1_000, refusals: nil, start) == [.clear(.brokerMemory)])
        let full = watch.see(heap: limit - 1, refusals: nil, start)
        guard case .raise(.brokerMemory, let text) = full.first else {
            Issue.record("no alarm")
            return
        }
        #expect(text.contains("1023 MB of the 1024 MB"))
        #expect(watch.see(heap: limit - 1, refusals: nil, start) == [])
        #expect(watch.see(heap: limit / 10 * 7, refusals: nil, start) == [])
        #expect(watch.see(heap: limit / 2, refusals: nil, start) == [.clear(.brokerMemory)])
    }

    @Test("Refused messages are alarmed at each news, and cleared ten minutes after the last")
    func refusals() {
        var watch = BrokerMemoryWatch()
        #expect(watch.see(heap: nil, refusals: nil, start) == [])
        let first = BrokerMemoryWatch.Refusals(count: 1, user: "a")
        #expect(watch.see(heap: nil, refusals: first, start + .seconds(599)).count == 1)
        #expect(watch.see(heap: nil, refusals: first, start + .seconds(1_190)) == [])
        #expect(
            watch.see(heap: nil, refusals: first, start + .seconds(1_300))
                == [.clear(.brokerRetained)])
    }
}
