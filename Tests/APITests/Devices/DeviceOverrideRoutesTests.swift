import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Overrides of “not now”", .timeLimit(.minutes(10))) struct DeviceOverrideRoutesTests {
    private static func secret(_ house: StockHouse, _ user: User) async throws -> String {
        let secret = MachineSecret(prefix: PersonalToken.prefix)
        _ = try await house.factory.stores.tokens.insert(
            Name(stored: "test \(secret.text.suffix(8))"), for: user.id, secretHash: secret.hash,
            readOnly: false, scope: .site, expiresAt: nil, by: .site)
        return secret.text
    }

    private static func device(_ house: StockHouse) async throws -> Device {
        let id = Device.ID.random()
        let device = try await house.factory.stores.devices.insert(
            .init(
                id: id, team: house.factory.team.id, application: house.factory.application.id,
                name: try Name(validating: "Press 9"), agent: .lineside,
                secrets: try house.sealer.newSecrets(for: id)), by: .site)
        await house.fleet.admitted([id])
        return device
    }

    private static func say(_ house: StockHouse, _ device: Device, _ phase: AgentTransaction.Phase)
        async
    {
        let status = AgentStatus(
            revision: 1, snapshot: nil, state: .running, mode: .autonomous,
            transaction: AgentTransaction(
                phase: phase, revision: 1, reason: "The machine says not now: a shift runs"),
            agentVersion: "1", nodeREDVersion: nil, nodeVersion: nil, uptime: 1, clock: .now(),
            bootID: "b", serial: "s", problem: nil)
        await house.fleet.take(
            "ls/v1/\(device.teamID)/d/\(device.id)/status", status.bytes)
    }

    @Test("Who asks for it cannot allow it: a second person does, and the device is told why")
    func second() async throws {
        let house = try await StockHouse()
        let first = try await Self.secret(house, house.factory.administrator)
        let sameToo = try await Self.secret(house, house.factory.administrator)
        let mia = try await house.factory.user("mia", [(.team(house.factory.team.id), .member)])
        let second = try await Self.secret(house, mia)
        let device = try await Self.device(house)
        let path = "/api/v1/devices/\(device.id)/override"
        let reason = #"{"reason":"Quality stop, agreed with the shift"}"#
        // Nothing waits yet.
        #expect(try await house.http(.post, path, reason, token: first).status == 409)
        await house.fleet.take(.came(name: device.brokerName, address: nil))
        await Self.say(house, device, .waiting)
        #expect(try await house.http(.post, path, #"{"reason":" "}"#, token: first).status == 422)
        let asked = try await house.http(.post, path, reason, token: first)
        #expect(asked.status == 200, "\(asked.text)")
        #expect(asked.json["mayApprove"]?.bool == false)
        // A token of the same person is the same person.
        for token in [first, sameToo] {
            let own = try await house.http(.post, "\(path)/approve", token: token)
            #expect(own.status == 403)
        }
        let seen = try await house.http(.get, path, token: second)
        #expect(seen.json["mayApprove"]?.bool == true)
        #expect(seen.json["reason"]?.string == "Quality stop, agreed with the shift")
        async let allowed = house.http(.post, "\(path)/approve", token: second)
        let order = try await Self.order(house, device)
        #expect(order["reason"]?.string?.contains("Quality stop") == true)
        let id = try #require(order["id"]?.string)
        await house.fleet.take(
            "ls/v1/\(device.teamID)/d/\(device.id)/reply",
            Array(#"{"id":"\#(id)","ok":true}"#.utf8))
        #expect(try await allowed.status == 200)
        // It is used up.
        #expect(try await house.http(.post, "\(path)/approve", token: second).status == 404)
        let kinds = try await house.factory.stores.audit.list(
            .init(object: device.id.text)
        ).items.map(\.event.kind)
        #expect(kinds.prefix(2) == ["device.override-approved", "device.override-asked"])
    }

    private static func order(_ house: StockHouse, _ device: Device) async throws -> JSONValue {
        let topic = "ls/v1/\(device.teamID)/d/\(device.id)/command"
        for count in 1... {
            let link = house.link
            try await withLimit(waitingFor: "the order") { await link.wait(for: count) }
            let said = link.said[count - 1]
            if said.topic == topic, said.json["command"]?.string == "defer-override" {
                return said.json
            }
        }
        return .null
    }

    @Test("It is taken back, refused by a viewer's role, and forgotten after half an hour")
    func forgotten() async throws {
        let house = try await StockHouse()
        let first = try await Self.secret(house, house.factory.administrator)
        let vera = try await house.factory.user("vera", [(.team(house.factory.team.id), .viewer)])
        let viewer = try await Self.secret(house, vera)
        let device = try await Self.device(house)
        let path = "/api/v1/devices/\(device.id)/override"
        await house.fleet.take(.came(name: device.brokerName, address: nil))
        await Self.say(house, device, .waiting)
        let reason = #"{"reason":"because"}"#
        #expect(try await house.http(.post, path, reason, token: viewer).status == 403)
        #expect(try await house.http(.post, path, reason, token: first).status == 200)
        #expect(try await house.http(.post, "\(path)/approve", token: viewer).status == 403)
        #expect(try await house.http(.delete, path, token: first).status == 204)
        let seen = try await house.http(.get, path, token: viewer)
        #expect(seen.json["reason"]?.isNull == true)

        let clock = ManualClock(.now())
        let overrides = DeviceOverrides { clock.now }
        let made = overrides.ask(device.id, "because", by: .user(vera.id, name: "vera"))
        clock.advance(by: .seconds(1799))
        #expect(overrides[device.id] == made)
        clock.advance(by: .seconds(1))
        #expect(overrides[device.id] == nil)
        #expect(!overrides.take(made))
    }
}
