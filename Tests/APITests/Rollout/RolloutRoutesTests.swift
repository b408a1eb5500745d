import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Synchronization
import Testing

@Suite("Roll-out routes", .timeLimit(.minutes(10))) struct RolloutRoutesTests {
    private struct House {
        let house: HouseFixture
        let factory: Factory
        let admin: HouseFixture.Client
        let device: Device
        let snapshot: Snapshot

        init(fitness: any RolloutFitness = NoRolloutFitness()) async throws {
            house = try await HouseFixture { stores, bus in
                let service = RolloutService(
                    stores: stores, fleet: NoRolloutFleet(),
                    fitness: NoRolloutFitness(),
                    alarms: StoredRolloutAlarms(stores: stores, bus: bus), bus: bus)
                return [
                    DeviceGroupRoutes(
                        stores: stores, fleet: NoRolloutFleet(), fitness: fitness),
                    DeploymentRoutes(stores: stores, service: service),
                    MaintenanceWindowRoutes(stores: stores, zones: ZoneBook(), service: service),
                ]
            }
            factory = try await house.factory()
            admin = try await house.token(of: factory.administrator)
            device = try await factory.device("Press 4")
            snapshot = try await factory.snapshot("Good", flows: 1)
        }

        func call(
            _ method: HTTP.Method, _ path: String, _ fields: (String, JSONValue)...,
            as client: HouseFixture.Client? = nil
        ) async throws -> HouseFixture.Answer {
            try await house.call(
                method, path, fields.isEmpty ? nil : JSONObject(fields), as: client ?? admin)
        }

        var application: JSONValue { .string(factory.application.id.text) }
    }

    private struct Unfit: RolloutFitness {
        func obstacles(
            to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
        ) async -> [String] { devices.map { "“\($0.name)” lacks a package." } }
    }

    @Test("A target that cannot be brought to a group's devices is refused, and nothing changes")
    func unfit() async throws {
        let house = try await House(fitness: Unfit())
        let made = try await house.call(
            .post, "device-groups", ("applicationId", house.application),
            ("name", .string("Presses")),
            ("filter", .object(JSONObject(texts: ("namePattern", "press")))))
        let path = "device-groups/\(try #require(made.json["id"]?.string))"
        let target = ("targetSnapshotId", JSONValue.string(house.snapshot.id.text))
        #expect(
            try await house.call(.patch, path, target).status == 200,
            "its only device has not come in yet")
        #expect(try await house.call(.patch, path, ("targetSnapshotId", .null)).status == 200)
        _ = try await house.factory.stores.devices.update(house.device.id, by: .site) {
            $0.agent = .lineside
        }
        let refused = try await house.call(.patch, path, target)
        #expect(refused.status == 409 && refused.text.contains("lacks a package"))
        #expect(try await house.call(.get, path).json["target"]?.isNull == true)
        #expect(house.house.faults.all == [])
    }

    @Test("A group is made, gathers, gets a target and goes")
    func groups() async throws {
        let house = try await House()
        let made = try await house.call(
            .post, "device-groups", ("applicationId", house.application),
            ("name", .string("Presses")),
            ("filter", .object(JSONObject(texts: ("namePattern", "press")))))
        #expect(made.status == 201, "\(made.text)")
        #expect(made.json["deviceCount"]?.int == 1)
        let id = try #require(made.json["id"]?.string)
        let aimed = try await house.call(
            .patch, "device-groups/\(id)",
            ("targetSnapshotId", .string(house.snapshot.id.text)))
        #expect(aimed.json["target"]?["name"]?.string == "Good")
        let fixed = try await house.call(.patch, "device-groups/\(id)", ("filter", .null))
        #expect(fixed.json["filter"]?.isNull == true)
        let picked = try await house.call(
            .put, "device-groups/\(id)/devices",
            ("deviceIds", .array([.string(house.device.id.text)])))
        #expect(picked.json["deviceCount"]?.int == 1, "\(picked.text)")
        let list = try await house.call(.get, "device-groups")
        #expect(list.json["count"]?.int == 1)
        #expect(try await house.call(.delete, "device-groups/\(id)").status == 204)
        let empty = try await house.call(
            .post, "device-groups", ("applicationId", house.application),
            ("name", .string("All")), ("filter", .object(JSONObject())))
        #expect(empty.status == 422)
        #expect(house.house.faults.all == [])
    }

    @Test("A window says when it opens, and refuses zones that nobody knows")
    func windows() async throws {
        let house = try await House()
        let weekly = JSONValue.array([
            .object(
                JSONObject([
                    ("days", .array([.string("sat")])), ("start", .string("22:00")),
                    ("minutes", .number("480")),
                ]))
        ])
        let made = try await house.call(
            .post, "maintenance-windows", ("applicationId", house.application),
            ("name", .string("Night")), ("timeZone", .string("Europe/Berlin")),
            ("weekly", weekly))
        #expect(made.status == 201, "\(made.text)")
        #expect(made.json["opensAt"]?.string != nil)
        let id = try #require(made.json["id"]?.string)
        let changed = try await house.call(
            .patch, "maintenance-windows/\(id)", ("timeZone", .string("Asia/Kolkata")))
        #expect(changed.json["weekly"] == made.json["weekly"])
        let unknown = try await house.call(
            .patch, "maintenance-windows/\(id)", ("timeZone", .string("Europe/Atlantis")))
        #expect(unknown.status == 422)
        let group = try await house.call(
            .post, "device-groups", ("applicationId", house.application),
            ("name", .string("Presses")))
        let groupID = try #require(group.json["id"]?.string)
        let preview = try await house.call(
            .get, "maintenance-windows/\(id)/preview?groupId=\(groupID)")
        #expect(preview.status == 200, "\(preview.text)")
        #expect(preview.json["fits"]?.isNull == true)
        for wrong in ["canary=x", "percent=50", "percent=a", "soakSeconds=-1", "groupId=none"] {
            let query = wrong.hasPrefix("groupId") ? wrong : "groupId=\(groupID)&\(wrong)"
            let refused = try await house.call(
                .get, "maintenance-windows/\(id)/preview?\(query)")
            #expect(refused.status == 422, "\(wrong): \(refused.text)")
        }
        #expect(try await house.call(.delete, "maintenance-windows/\(id)").status == 204)
        #expect(house.house.faults.all == [])
    }

    @Test("A deployment is made, read, paused and cancelled; a viewer only reads")
    func deployments() async throws {
        let house = try await House()
        let viewer = try await house.house.token(
            of: try await house.factory.user(
                "vera", [(.team(house.factory.team.id), .viewer)]))
        let fields: [(String, JSONValue)] = [
            ("applicationId", house.application),
            ("snapshotId", .string(house.snapshot.id.text)),
            ("deviceIds", .array([.string(house.device.id.text)])),
        ]
        let refused = try await house.house.call(
            .post, "deployments", JSONObject(fields), as: viewer)
        #expect(refused.status == 403, "\(refused.text)")
        let made = try await house.house.call(
            .post, "deployments", JSONObject(fields), as: house.admin)
        #expect(made.status == 201, "\(made.text)")
        #expect(made.json["state"]?.string == "running")
        let id = try #require(made.json["id"]?.string)
        let read = try await house.call(.get, "deployments/\(id)", as: viewer)
        #expect(read.json["groups"]?.array?.count == 1)
        let devices = try await house.call(.get, "deployments/\(id)/devices")
        #expect(devices.json["items"]?.array?.first?["name"]?.string == "Press 4")
        let paused = try await house.call(.post, "deployments/\(id)/pause")
        #expect(paused.json["state"]?.string == "paused", "\(paused.text)")
        #expect(try await house.call(.post, "deployments/\(id)/pause").status == 409)
        #expect(try await house.call(.post, "deployments/\(id)/cancel", as: viewer).status == 403)
        let cancelled = try await house.call(.post, "deployments/\(id)/cancel")
        #expect(cancelled.json["state"]?.string == "cancelled")
        #expect(try await house.call(.get, "deployments").json["count"]?.int == 1)
        let wrong = try await house.house.call(
            .post, "deployments",
            JSONObject(fields + [("plan", .object(JSONObject([("percent", .array([]))])))]),
            as: house.admin)
        #expect(wrong.status == 422)
        #expect(house.house.faults.all == [])
    }
}
