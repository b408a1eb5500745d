import Basics
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

/// What `#expect` may change.
private final class Line {
    var queue = StreamQueue()
    func put(_ topic: StockTopic, _ payload: [UInt8]) -> Bool {
        queue.put(.init(topic: topic, payload: payload))
    }
    func take() -> [StreamQueue.Piece] { queue.take() }
}

@Suite("Streams of devices", .timeLimit(.minutes(10))) struct StreamTests {
    private func topic(_ device: Device.ID, _ word: StockTopic.Word = .logs) -> StockTopic {
        StockTopic(word, team: .random(), device: device)
    }

    /// - Returns: how many of so many were.
    private func admitted(
        _ count: Int, _ payload: [UInt8], isStream: Bool, _ allowance: inout DeviceAllowance
    ) -> Int {
        var admitted = 0
        for _ in 0..<count where allowance.admits(payload, isStream: isStream, .zero) {
            admitted += 1
        }
        return admitted
    }

    @Test("Of large messages only the first are read, however few they are")
    func bytes() {
        var allowance = DeviceAllowance(.zero)
        let large = [UInt8](repeating: 0x20, count: 950_000)
        let read = admitted(300, large, isStream: true, &allowance)
        #expect(read == 2)
        let (soon, later) = (
            allowance.admits(large, isStream: true, .seconds(1)),
            allowance.admits(large, isStream: true, .seconds(20))
        )
        #expect(!soon && later)
        let talked = admitted(60, large, isStream: false, &allowance)
        #expect(talked == 4)
    }

    @Test("Records count too, before anybody has read them")
    func records() {
        var allowance = DeviceAllowance(.zero)
        let dense = Array(String(repeating: "{},", count: 3_000).utf8)
        let read = admitted(10, dense, isStream: true, &allowance)
        #expect(read == 2)
    }

    @Test("Devices take turns, each in its own order, and what does not fit is counted")
    func turns() {
        let queue = Line()
        let (loud, quiet) = (topic(.random()), topic(.random()))
        let half = [UInt8](repeating: 1, count: StreamQueue.deviceLimit / 2)
        #expect(queue.put(loud, half))
        #expect(queue.put(loud, half))
        let more = queue.put(loud, [1])
        #expect(!more)
        #expect(queue.put(quiet, [1]))
        #expect(queue.put(quiet, [2]))
        #expect(queue.put(topic(quiet.device, .resources), [3]))
        #expect(queue.queue.dropped == 1)
        #expect(queue.take().map(\.payload.count) == [half.count])
        #expect(queue.take().map(\.payload) == [[1], [2]], "those of one kind together")
        #expect(queue.take().map(\.payload.count) == [half.count])
        #expect(queue.take().map(\.payload) == [[3]])
        let none = queue.take()
        #expect(none == [] && queue.queue.isEmpty && queue.queue.bytes == 0)
    }

    @Test("All devices together have a bound, and one that is gone leaves room")
    func bound() {
        let queue = Line()
        let whole = [UInt8](repeating: 1, count: StreamQueue.deviceLimit)
        let devices = (0..<9).map { _ in topic(.random()) }
        let taken = devices.filter { queue.put($0, whole) }
        #expect(taken == Array(devices.prefix(StreamQueue.limit / StreamQueue.deviceLimit)))
        queue.queue.forget(devices[0].device)
        #expect(queue.put(devices[8], whole))
        #expect(queue.take().first?.topic == devices[1])
    }

    @Test("Hundreds of large logs of one device cost no more than a few, and others are heard")
    func flood() async throws {
        let house = try await FleetHouse()
        let loud = try await house.device(.stock)
        let other = try await house.device(.stock, "Press 5")
        let text = String(repeating: "x", count: 94_000)
        let lines = (0..<10).map { #"{"level":"info","msg":"\#($0)\#(text)"}"# }
        let message = "[" + lines.joined(separator: ",") + "]"
        for _ in 0..<50 { await house.say(loud, "logs", message) }
        await house.say(other, "status", #"{"state":"unknown"}"#)
        #expect(house.link.said.count == 1)
        await house.fleet.streams.drain(for: house.fleet)
        let kept = try await house.factory.stores.logs.page(ofDevice: loud.id)
        #expect(kept.records.count == 20)
    }

    @Test("A device that was at work when the link went is told again once it is back")
    func askedAgain() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.lineside)
        await house.fleet.take(.link(isUp: true))
        await house.came(device)
        await house.agent(device, "status", house.status(revision: 0))
        let first = try #require(house.link.said.first?.json)
        await house.agent(device, "reply", #"{"id":"\#(first["id"]?.string ?? "")","ok":true}"#)
        await house.agent(
            device, "status", house.status(revision: 0, at: .probation, of: device.revision))
        #expect(house.link.said.count == 1)

        // What it says now nobody hears.
        await house.fleet.take(.link(isUp: false))
        await house.fleet.take(.link(isUp: true))
        await house.came(device)
        #expect(house.link.said.count == 2)
        #expect(house.link.said.last?.json["desired"]?["revision"]?.int == device.revision)

        await house.agent(device, "status", house.status(revision: device.revision))
        await house.fleet.take(.link(isUp: false))
        await house.fleet.take(.link(isUp: true))
        await house.came(device)
        #expect(house.link.said.count == 2, "one that is done is left alone")
    }

    @Test("The next start of the appliance tells a device again that was at work, or lags behind")
    func askedByNextStart() async throws {
        let house = try await FleetHouse()
        let (atWork, behind) = (
            try await house.device(.lineside), try await house.device(.lineside, "Press 5")
        )
        let done = try await house.device(.lineside, "Press 6")
        await house.agent(
            atWork, "status", house.status(revision: 0, at: .switch, of: atWork.revision))
        await house.agent(behind, "status", house.status(revision: 0))
        await house.agent(done, "status", house.status(revision: done.revision))
        house.clock.pass(.seconds(3))
        await house.beat()
        let said = house.link.said.count
        let next = house.nextFleet()
        try await next.load()
        await next.take(.link(isUp: true))
        for device in [atWork, behind, done] {
            await next.take(.came(name: device.brokerName, address: nil))
            await next.runErrands()
        }
        let topics = house.link.said.dropFirst(said).map(\.topic)
        #expect(
            topics
                == [atWork, behind].map {
                    AgentTopic(.command, team: $0.teamID, device: $0.id).text
                })
    }
}
