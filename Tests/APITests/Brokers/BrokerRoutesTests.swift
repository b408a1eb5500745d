import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Broker over the API", .timeLimit(.minutes(10))) struct BrokerRoutesTests {
    let directory: TemporaryDirectory
    let access: BrokerAccess
    let house: HouseFixture

    init() async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        let access = BrokerAccess(files: BrokerFiles(directory.path), link: BrokerLink())
        self.access = access
        house = try await HouseFixture { stores, _ in
            [
                BrokerRoutes(
                    stores: stores, users: BrokerUsers(stores: stores, access: access),
                    status: { BrokerStatus(state: .running, port: 8883, connections: 3) })
            ]
        }
    }

    private func body(
        _ team: Team, _ name: String = "plc-1", filter: String = "cell/1/#"
    ) -> JSONObject {
        JSONObject([
            ("teamId", .string(team.id.text)), ("name", .string(name)),
            ("note", .string("Press 4")),
            (
                "rules",
                .array([
                    .object(
                        JSONObject([("access", .string("both")), ("filter", .string(filter))]))
                ])
            ),
        ])
    }

    @Test("An owner adds a PLC, sees its password once, changes its topics and removes it")
    func life() async throws {
        let factory = try await house.factory()
        let owner = try await house.token(
            of: factory.user("otto", [(.team(factory.team.id), .owner)]))
        let made = try await house.call(.post, "broker/clients", body(factory.team), as: owner)
        #expect(made.status == 201)
        let id = try #require(made.json["id"]?.string)
        let password = try #require(made.json["password"]?.string)
        #expect(
            await access.user("plc-1")?.secretDigest == MachineSecret.hash(of: password))
        #expect(await access.user("plc-1")?.rules.map(\.filter) == ["cell/1/#"])

        let listed = try await house.call(.get, "broker/clients", as: owner)
        #expect(listed.json["count"]?.int == 1)
        #expect(!listed.text.contains(password))
        #expect(listed.json["items"]?.array?.first?["password"] == nil)

        let renewed = try await house.call(.post, "broker/clients/\(id)/password", as: owner)
        let other = try #require(renewed.json["password"]?.string)
        #expect(other != password)
        #expect(await access.user("plc-1")?.secretDigest == MachineSecret.hash(of: other))

        let locked = try await house.call(
            .patch, "broker/clients/\(id)", JSONObject([("enabled", .bool(false))]), as: owner)
        #expect(locked.json["enabled"]?.bool == false)
        #expect(await access.user("plc-1") == nil)
        _ = try await house.call(
            .patch, "broker/clients/\(id)", JSONObject([("enabled", .bool(true))]), as: owner)
        #expect(await access.user("plc-1")?.secretDigest == MachineSecret.hash(of: other))

        #expect(
            try await house.call(.delete, "broker/clients/\(id)", as: owner).status == 204)
        #expect(await access.user("plc-1") == nil)
        #expect(try await house.call(.get, "broker/clients/\(id)", as: owner).status == 404)
        let admin = try await house.token(of: factory.administrator)
        let events = try await house.call(.get, "audit", as: admin)
        for kind in ["created", "changed", "removed"] {
            #expect(events.text.contains("broker-client.\(kind)"))
        }
        #expect(!events.text.contains(other))
        #expect(house.faults.all == [])
    }

    @Test("Topics of the appliance, a name twice and a name of a device are refused")
    func refusals() async throws {
        let factory = try await house.factory()
        let admin = try await house.token(of: factory.administrator)
        for filter in ["#", "ff/v1/#", "ls/v1/x", "$SYS/#", "a#"] {
            let answer = try await house.call(
                .post, "broker/clients", body(factory.team, filter: filter), as: admin)
            #expect(answer.status == 422, "\(filter)")
        }
        for name in ["device:a:b", "lineside", "a b", ""] {
            let answer = try await house.call(
                .post, "broker/clients", body(factory.team, name), as: admin)
            #expect(answer.status == 422, "\(name)")
        }
        let first = try await house.call(.post, "broker/clients", body(factory.team), as: admin)
        let second = try await house.call(.post, "broker/clients", body(factory.team), as: admin)
        #expect([first.status, second.status] == [201, 409])
    }

    @Test(
        "Who has no role that may read of the broker learns nothing of it",
        arguments: [nil, Role.dashboard])
    func outsiders(role: Role?) async throws {
        let factory = try await house.factory()
        let grants = role.map { [(Scope.application(factory.application.id), $0)] } ?? []
        let token = try await house.token(of: factory.user("dora", grants))
        let answer = try await house.call(.get, "broker", as: token)
        #expect(answer.status == 403)
        #expect(!answer.text.contains("8883"))
    }

    @Test("Topics of another team's clients are shared by an administrator only")
    func foreignTopics() async throws {
        let factory = try await house.factory()
        let other = try await factory.team("Other")
        let owner = try await house.token(
            of: factory.user("otto", [(.team(factory.team.id), .owner)]))
        let foreigner = try await house.token(
            of: factory.user("fritz", [(.team(other.id), .owner)]))
        let admin = try await house.token(of: factory.administrator)
        let path = "broker/clients"
        #expect(try await house.call(.post, path, body(factory.team), as: owner).status == 201)
        for filter in ["cell/#", "cell/1/#", "cell/1/speed", "cell/+/x"] {
            let refused = try await house.call(
                .post, path, body(other, "spy", filter: filter), as: foreigner)
            #expect(refused.status == 409, "\(filter)")
            #expect(refused.json["detail"]?.string?.contains("another team") == true)
        }
        let own = try await house.call(
            .post, path, body(other, "plc-2", filter: "cell/2/#"), as: foreigner)
        #expect(own.status == 201)
        let id = try #require(own.json["id"]?.string)
        let wider = JSONObject([("rules", body(other, filter: "cell/#")["rules"] ?? .null)])
        #expect(
            try await house.call(.patch, "\(path)/\(id)", wider, as: foreigner).status == 409)
        #expect(try await house.call(.patch, "\(path)/\(id)", wider, as: admin).status == 200)
        // What the administrator has allowed stays allowed.
        #expect(
            try await house.call(.patch, "\(path)/\(id)", wider, as: foreigner).status == 200)
        // The team's own clients may share what they like.
        let second = try await house.call(
            .post, path, body(factory.team, "plc-3", filter: "cell/1/x"), as: owner)
        #expect(second.status == 201)
    }

    @Test("Another team's clients are not there, and a member may only look")
    func permissions() async throws {
        let factory = try await house.factory()
        let other = try await factory.team("Other")
        let admin = try await house.token(of: factory.administrator)
        let made = try await house.call(.post, "broker/clients", body(other), as: admin)
        let id = try #require(made.json["id"]?.string)
        let member = try await house.token(
            of: factory.user("mia", [(.team(factory.team.id), .member)]))
        #expect(try await house.call(.get, "broker", as: member).json["port"]?.int == 8883)
        #expect(
            try await house.call(.get, "broker/clients", as: member).json["count"]?.int == 0)
        for method in [HTTP.Method.get, .delete] {
            let answer = try await house.call(method, "broker/clients/\(id)", as: member)
            #expect(answer.status == 404)
        }
        let answer = try await house.call(
            .post, "broker/clients", body(factory.team, "mine"), as: member)
        #expect(answer.status == 403)
        let owner = try await house.token(
            of: factory.user("otto", [(.team(factory.team.id), .owner)]))
        #expect(
            try await house.call(.delete, "broker/clients/\(id)", as: owner).status == 404)
        #expect(
            try await house.call(.post, "broker/clients", body(other, "x-1"), as: owner).status
                == 404)
    }
}
