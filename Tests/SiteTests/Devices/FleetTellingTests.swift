import Basics
import Domain
import LinesideTesting
import Store
import Synchronization
import Testing

@testable import Site

/// What devices are told that they shall be, and what comes of it where that cannot be.
@Suite("Fleet tells devices", .timeLimit(.minutes(10))) struct FleetTellingTests {
    /// Manifests that can be made only from a moment on.
    final class Shelf: DeviceManifests {
        let fault = Mutex<DeviceContentFault?>(nil)
        func manifest(of snapshot: Snapshot, for device: Device) async throws -> ContentAddress {
            if let fault = fault.withLock({ $0 }) { throw fault }
            return snapshot.flows
        }
    }

    func document(_ house: FleetHouse) throws -> DesiredDocument {
        let object = try #require(house.link.said.last?.json["desired"]?.object)
        return try DesiredDocument(json: object)
    }

    @Test("A device whose flows have credentials runs the same after it was renamed")
    func renamed() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.lineside)
        try await house.snapshot(for: device)
        await house.agent(device, "status", house.status(revision: 0))
        let first = try document(house)
        #expect(first.snapshot?.credentials != nil)
        try await house.change(device) { $0.name = DeviceName(stored: "Press 5") }
        await house.fleet.desiredChanged([device.id])
        let second = try document(house)
        #expect(second.revision > first.revision && second.device.name == "Press 5")
        #expect(second.runsTheSame(as: first))
        try await house.snapshot(for: device, "Line 4")
        await house.fleet.desiredChanged([device.id])
        let third = try document(house)
        #expect(!third.runsTheSame(as: second))
    }

    @Test("One that waits for its window is told anew each ten minutes: an opening may be missed")
    func window() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.lineside)
        let status = house.status(revision: 0, at: .waiting, of: device.revision)
        for _ in 0..<10 {
            await house.agent(device, "status", status)
            house.clock.pass(.seconds(60))
        }
        #expect(house.link.said == [])
        await house.agent(device, "status", status)
        #expect(house.link.said.count == 1)
        #expect(try document(house).revision == device.revision)
    }

    @Test("A device that refuses what it shall run is asked again each minute, and says why")
    func refusal() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.lineside)
        func problem() async throws -> String? {
            try await house.fleet.facts(of: [device.id])[device.id]?.problem
        }
        func reply(_ text: String) async {
            let id = house.link.said.last?.json["id"]?.string ?? ""
            await house.agent(device, "reply", #"{"id":"\#(id)",\#(text)}"#)
        }
        await house.agent(device, "status", house.status(revision: 0))
        let full = #""ok":false,"error":{"code":"disk","text":"The disk is read-only."}"#
        await reply(full)
        #expect(try await problem()?.contains("The disk is read-only.") == true)
        await house.agent(device, "status", house.status(revision: 0))
        house.clock.pass(.seconds(50))
        await house.beat()
        #expect(house.link.said.count == 1)
        house.clock.pass(.seconds(11))
        await house.beat()
        #expect(house.link.said.count == 2)
        #expect(house.link.said[0].json["id"] != house.link.said[1].json["id"], "another order")
        #expect(try await problem() != nil)
        await reply(#""ok":true"#)
        #expect(try await problem() == nil)
    }

    @Test("What keeps a device from being told is seen, and is an alarm when it lasts")
    func obstacle() async throws {
        let shelf = Shelf()
        let house = try await FleetHouse(manifests: shelf)
        let device = try await house.device(.lineside)
        let snapshot = try await house.snapshot(for: device)
        shelf.fault.withLock { $0 = .noStack(snapshot.id) }
        let status = house.status(revision: 0)
        await house.agent(device, "status", status)
        #expect(house.link.said == [])
        let facts = try #require(try await house.fleet.facts(of: [device.id])[device.id])
        #expect(facts.problem?.contains("No stack is installed") == true)
        #expect(await house.fleet.troubled[device.id] == nil)
        house.clock.pass(.seconds(301))
        await house.agent(device, "status", status)
        #expect(await house.fleet.troubled[device.id] == [.deviceError])
        shelf.fault.withLock { $0 = nil }
        await house.agent(device, "status", status)
        #expect(house.link.said.count == 1)
        #expect(try await house.fleet.facts(of: [device.id])[device.id]?.problem == nil)
        await house.agent(device, "status", status)
        #expect(await house.fleet.troubled[device.id] == [])
    }

    @Test(
        "An agent that comes by HTTP alone is there, learns what it shall run, and takes no orders")
    func polled() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.stock)
        let report = Array(#"{"state":"running","snapshot":"0"}"#.utf8)
        guard case .status(let status) = try StockStatus.read(report) else { return }
        let fleet = house.fleet
        _ = try await fleet.checkIn(status, of: device)
        #expect(fleet.book[device.id]?.isConnected == true)
        let seen = BookedRolloutFleet(book: fleet.book, observer: fleet)
        #expect(await seen.standings(of: [device.id]).first?.isConnected == true)
        guard case .unsupported = await house.result(.restart, device) else {
            Issue.record("an order cannot reach it")
            return
        }
        let snapshot = try await house.snapshot(for: device)
        await fleet.desiredChanged([device.id])
        #expect(house.link.said == [], "nobody listens to the broker")
        #expect(try await fleet.checkIn(status, of: device).desired.snapshot == snapshot.id)
        house.clock.pass(.seconds(170))
        await house.beat()
        #expect(fleet.book[device.id]?.isConnected == true)
        house.clock.pass(.seconds(20))
        await house.beat()
        #expect(fleet.book[device.id]?.isConnected == false)
        await house.came(device)
        _ = try await fleet.checkIn(status, of: device)
        house.clock.pass(.seconds(190))
        await house.beat()
        #expect(fleet.book[device.id]?.isConnected == true, "the broker knows that it is there")
    }
}
