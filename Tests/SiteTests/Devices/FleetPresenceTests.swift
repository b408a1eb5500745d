import Basics
import Domain
import LinesideTesting
import Testing

@testable import Site

@Suite("Presence of devices", .timeLimit(.minutes(10))) struct FleetPresenceTests {
    @Test("From where a device of ours is connected is known from the door")
    func address() async throws {
        let house = try await FleetHouse(address: { _ in "10.0.0.7" })
        let device = try await house.device(.lineside)
        await house.came(device)
        #expect(house.fleet.book[device.id]?.presence?.address == "10.0.0.7")
        await house.agent(device, "status", house.status(revision: 1))
        #expect(house.fleet.book[device.id]?.report?.address == "10.0.0.7")
        #expect(try await house.fleet.facts(of: [device.id])[device.id]?.address == "10.0.0.7")
    }

    @Test("What a device said before it went does not bring it back")
    func lastWords() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.lineside)
        await house.fleet.take(.came(name: device.brokerName, address: nil))
        await house.fleet.take(.left(name: device.brokerName))
        house.link.tellPresent([])
        await house.agent(device, "status", house.status(revision: 1))
        #expect(house.fleet.book[device.id]?.isConnected == false)
        #expect(house.fleet.book[device.id]?.report != nil)
        house.link.tellPresent([device.brokerName])
        await house.agent(device, "status", house.status(revision: 1))
        #expect(house.fleet.book[device.id]?.isConnected == true)
    }

    @Test("Devices that nobody knows share one small allowance")
    func strangers() async throws {
        let house = try await FleetHouse()
        let device = try await house.device(.lineside)
        for _ in 0..<500 {
            let id = Device.ID.random()
            await house.fleet.take("ls/v1/\(device.teamID)/d/\(id)/status", [])
        }
        #expect(await house.fleet.refused <= 60)
        await house.agent(device, "status", house.status(revision: 1))
        #expect(house.fleet.book[device.id]?.isConnected == true)
    }
}
