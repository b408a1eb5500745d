import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Commands to devices", .timeLimit(.minutes(10))) struct DeviceCommandRoutesTests {
    private static func secret(_ house: StockHouse, _ user: User) async throws -> String {
        let secret = MachineSecret(prefix: PersonalToken.prefix)
        _ = try await house.factory.stores.tokens.insert(
            Name(stored: "test \(secret.text.suffix(8))"), for: user.id, secretHash: secret.hash,
            readOnly: false, scope: .site, expiresAt: nil, by: .site)
        return secret.text
    }

    @Test("A device that is away is told later what outlives the moment, and nothing else")
    func away() async throws {
        let house = try await StockHouse()
        let token = try await Self.secret(house, house.factory.administrator)
        let path = "\(house.path)/commands"
        let stop = try await house.http(.post, path, #"{"command":"stop"}"#, token: token)
        #expect(stop.status == 200 && stop.json["state"]?.string == "waiting")
        let device = try await house.factory.stores.devices.get(house.device.id)
        #expect(device.desiredState == .stopped)
        let odd = try await house.http(.post, path, #"{"command":"dance"}"#, token: token)
        #expect(odd.status == 422 || odd.status == 400)
        #expect(house.untold == 0)
        await house.status("unknown", snapshot: nil, settings: nil)
        #expect(try await house.told()["targetState"]?.string == "suspended")
    }

    @Test("To begin anew what is stopped is to start it, and needs no device that is there")
    func restartOfStopped() async throws {
        let house = try await StockHouse()
        let token = try await Self.secret(house, house.factory.administrator)
        let path = "\(house.path)/commands"
        let away = try await house.http(.post, path, #"{"command":"restart"}"#, token: token)
        #expect(away.status == 409)
        try await house.change { $0.desiredState = .stopped }
        let here = try await house.http(.post, path, #"{"command":"restart"}"#, token: token)
        #expect(here.status == 200 && here.json["state"]?.string == "waiting")
        let device = try await house.factory.stores.devices.get(house.device.id)
        #expect(device.desiredState == .running)
    }

    @Test("A viewer looks on, and a device's own token commands nobody")
    func strangers() async throws {
        let house = try await StockHouse()
        let viewer = try await house.factory.user(
            "vera", [(.team(house.factory.team.id), .viewer)])
        let token = try await Self.secret(house, viewer)
        let path = "\(house.path)/commands"
        let refused = try await house.http(.post, path, #"{"command":"stop"}"#, token: token)
        #expect(refused.status == 403)
        #expect(try await house.http(.get, "\(house.path)/logs", token: token).status == 200)
        #expect(try await house.http(.get, "\(house.path)/resources", token: token).status == 200)
        #expect(try await house.http(.post, path, #"{"command":"stop"}"#).status == 401)
    }

    private enum Sabotage: String {
        case noAudit = """
            CREATE TRIGGER full BEFORE INSERT ON audit_event
            BEGIN SELECT raise(ABORT, 'no room'); END
            """
    }

    @Test("What cannot be written down is not told to a device")
    func untraced() async throws {
        let house = try await StockHouse()
        let token = try await Self.secret(house, house.factory.administrator)
        await house.fleet.take(.came(name: house.device.brokerName, address: nil))
        _ = try await house.factory.stores.registry.write {
            (tx: borrowing Transaction) throws(StoreError) in
            try tx.run(Sabotage.noAudit)
        }
        let answer = try await house.http(
            .post, "\(house.path)/commands", #"{"command":"restart"}"#, token: token)
        #expect(answer.status != 200)
        #expect(house.untold == 0)
    }

    @Test("A command that the device answers is done, and both stand in the audit events")
    func done() async throws {
        let house = try await StockHouse()
        let token = try await Self.secret(house, house.factory.administrator)
        await house.fleet.take(.came(name: house.device.brokerName, address: nil))
        async let answer = house.http(
            .post, "\(house.path)/commands", #"{"command":"restart"}"#, token: token)
        await house.answer(try await house.told(), #"{"success":true}"#)
        let done = try await answer
        #expect(done.status == 200 && done.json["state"]?.string == "done")
        let kinds = try await house.factory.stores.audit.list(
            .init(object: house.device.id.text)
        ).items.map(\.event.kind)
        #expect(kinds.prefix(2) == ["device.command-answered", "device.command-sent"])
        let identify = try await house.http(
            .post, "\(house.path)/commands", #"{"command":"identify"}"#, token: token)
        #expect(identify.status == 409)
    }

    @Test("Leaving developer mode keeps the edits first: as target, or as a snapshot aside")
    func leaving() async throws {
        let house = try await StockHouse()
        let token = try await Self.secret(house, house.factory.administrator)
        let path = "\(house.path)/commands"
        func command(_ body: String) async throws -> StockHouse.Answer {
            try await house.http(.post, path, body, token: token)
        }
        #expect(try await command(#"{"command":"developer"}"#).json["state"]?.string == "waiting")
        // It must be kept, and the device cannot be asked: it stays.
        let stays = try await command(#"{"command":"autonomous","keep":"snapshot"}"#)
        #expect(stays.status == 409)
        #expect(try await house.factory.stores.devices.get(house.device.id).mode == .developer)
        await house.fleet.take(.came(name: house.device.brokerName, address: nil))
        async let left = command(#"{"command":"autonomous","keep":"snapshot","name":"Tuned"}"#)
        let asked = try await house.told()
        #expect(asked["command"]?.string == "upload")
        await house.answer(
            asked,
            #"{"state":{},"flows":[{"id":"a","type":"tab"}],"credentials":{},"package":{}}"#)
        let done = try await left
        #expect(done.status == 200)
        let device = try await house.factory.stores.devices.get(house.device.id)
        #expect(device.mode == .autonomous)
        #expect(device.targetSnapshotID?.text == done.json["snapshotId"]?.string)
        let update = try await house.told()
        #expect(update["mode"]?.string == "autonomous")
        #expect(update["snapshot"]?.string == device.targetSnapshotID?.text)
    }
}
