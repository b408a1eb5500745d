import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Store
import Testing

@Suite("Instance routes", .timeLimit(.minutes(10))) struct InstanceRoutesTests {
    @Test(
        "Where nobody names a stack the newest is taken; the practice runtime where there is none")
    func stack() async throws {
        let house = try await InstanceHouse()
        let first = try await house.create("one")
        #expect(first.status == 201 && first.json["practice"] == true, "\(first.text)")
        let stack = try await house.factory.stack("Node-RED")
        let second = try await house.create("two")
        #expect(second.json["stack"]?["id"]?.string == stack.id.text, "\(second.text)")
        #expect(second.json["practice"] == false)
        let asked = try await house.create("three", ("stack", .null))
        #expect(asked.json["practice"] == true, "\(asked.text)")
        let unknown = try await house.create("four", ("stack", "aaaaaaaaaaaaaaaaaaaa"))
        #expect(unknown.status == 404, "\(unknown.text)")
        #expect(house.house.faults.all == [])
        await house.end()
    }

    @Test("Where the practice runtime is not allowed, an instance needs a stack")
    func noPractice() async throws {
        let house = try await InstanceHouse(allowsPractice: false)
        let refused = try await house.create("one")
        #expect(refused.status == 422)
        #expect(refused.json["fields"]?["stack"]?.string?.contains("add one") == true)
        _ = try await house.factory.stack("Node-RED")
        #expect(try await house.create("one").status == 201)
        #expect(try await house.create("two", ("stack", .null)).status == 422)
        #expect(house.house.faults.all == [])
        await house.end()
    }

    @Test("Deleting asks for the name, as it is")
    func delete() async throws {
        let house = try await InstanceHouse()
        let id = try #require(try await house.create("Press OEE").json["id"]?.string)
        let path = "instances/\(id)"
        let wrong = try await house.call(.delete, path, JSONObject(texts: ("name", "press oee")))
        #expect(wrong.status == 422)
        #expect(wrong.json["fields"]?["name"]?.string?.contains("Press OEE") == true)
        #expect(try await house.call(.get, path).status == 200)
        let right = try await house.call(.delete, path, JSONObject(texts: ("name", "Press OEE")))
        #expect(right.status == 204)
        #expect(try await house.call(.get, path).status == 404)
        await house.end()
    }

    @Test("A limit that makes no sense is refused with the field and its bounds")
    func limits() async throws {
        let house = try await InstanceHouse()
        let refused = try await house.create("one", ("memoryLimitMB", 12))
        #expect(refused.status == 422)
        #expect(refused.json["fields"]?["memoryLimitMB"]?.string?.contains("64 to 65536") == true)
        let id = try #require(try await house.create("one").json["id"]?.string)
        let open = try await house.call(
            .patch, "instances/\(id)", JSONObject(texts: ("access", "basic")))
        #expect(open.status == 422, "a page with a password that nobody has set")
        await house.end()
    }

    @Test("A secret variable never comes back, and keeps its value where none is sent")
    func environment() async throws {
        let house = try await InstanceHouse()
        let id = try #require(try await house.create("one").json["id"]?.string)
        let path = "instances/\(id)/environment"
        func put(_ value: JSONValue) async throws -> HouseFixture.Answer {
            let variable: JSONValue = ["name": "PLC_PASSWORD", "value": value, "secret": true]
            return try await house.call(
                .put, path, JSONObject([("variables", .array([variable]))]))
        }
        #expect(try await put(.null).status == 422, "there is none to keep yet")
        #expect(try await put("hunter2-hunter2").status == 200)
        #expect(try await put(.null).status == 200)
        for answer in [try await house.call(.get, path), try await house.call(.get, "audit")] {
            #expect(answer.text.contains("PLC_PASSWORD"))
            #expect(!answer.text.contains("hunter2"))
        }
        #expect(house.house.faults.all == [])
        await house.end()
    }

    @Test("Flows are deployed, named, restored, and go out and in as one file")
    func versions() async throws {
        let house = try await InstanceHouse()
        let id = try #require(try await house.create("one", ("start", false)).json["id"]?.string)
        let path = "instances/\(id)"
        func deploy(_ label: String) async throws -> HouseFixture.Answer {
            let tab: JSONValue = ["id": "t1", "type": "tab", "label": .string(label)]
            return try await house.call(
                .put, "\(path)/flows", JSONObject([("flows", .array([tab]))]))
        }
        let first = try await deploy("Line 1")
        #expect(first.status == 200 && first.json["number"] == 1, "\(first.text)")
        let named = try await house.call(
            .post, "\(path)/snapshots", JSONObject(texts: ("name", "Good")))
        #expect(named.status == 201, "\(named.text)")
        let snapshot = try #require(named.json["id"]?.string)
        #expect(try await deploy("Line 2").json["number"] == 2)
        let back = try await house.call(
            .post, "\(path)/restore", JSONObject(texts: ("snapshot", snapshot)))
        #expect(back.status == 200, "\(back.text)")
        let now = try await house.call(.get, "\(path)/flows")
        #expect(now.text.contains("Line 1") && !now.text.contains("Line 2"))
        let listed = try await house.call(.get, "\(path)/versions")
        #expect(listed.json["count"] == 3)
        let file = try await house.call(.get, "snapshots/\(snapshot)/download")
        let content = try #require(try JSONReader.read(Array(file.text.utf8)).object)
        let taken = try await house.call(
            .post, "applications/\(house.factory.application.id)/snapshots?name=Elsewhere",
            content)
        #expect(taken.status == 201, "\(taken.text)")
        #expect(taken.json["flowsDigest"] == named.json["flowsDigest"])
        #expect(house.house.faults.all == [])
        await house.end()
    }

    @Test("Credentials that leave as a file leave a record; flows alone leave none")
    func exports() async throws {
        let house = try await InstanceHouse()
        let id = try #require(try await house.create("one", ("start", false)).json["id"]?.string)
        let path = "instances/\(id)"
        let tab: JSONValue = ["id": "t1", "type": "tab", "label": "Line"]
        let deployed = try await house.call(
            .put, "\(path)/flows",
            JSONObject([
                ("flows", .array([tab])), ("credentials", ["t1": ["password": "shown once"]]),
            ]))
        let version = "\(path)/versions/\(try #require(deployed.json["id"]?.string))"
        let named = try await house.call(
            .post, "\(path)/snapshots", JSONObject(texts: ("name", "Good")))
        let snapshot = "snapshots/\(try #require(named.json["id"]?.string))"
        var opened = house.admin
        opened.headers.append(("x-lineside-passphrase", "long enough to be one"))
        for one in [version, snapshot] {
            let plain = try await house.call(.get, "\(one)/download")
            #expect(plain.status == 200, "\(plain.text)")
            let sealed = try await house.house.call(
                .get, "\(one)/download?format=flowfuse", as: opened)
            #expect(sealed.status == 200, "\(sealed.text)")
            let refused = try await house.house.call(
                .get, "\(one)/download?format=flows", as: opened)
            #expect(refused.status >= 400)
        }
        for kind in ["version.exported", "snapshot.exported"] {
            let events = try await house.house.stores.audit.list(.init(kind: kind)).items
            #expect(events.count == 1)
            let event = try #require(events.first)
            #expect(event.event.teamID == house.factory.team.id)
            #expect(event.actorName.contains(house.factory.administrator.username.text))
            let after = String(decoding: event.event.after ?? [], as: UTF8.self)
            #expect(after == #"{"format":"flowfuse"}"#)
        }
        await house.end()
    }

    @Test("An instance made from a recipe has the recipe's tests")
    func recipeTests() async throws {
        let house = try await InstanceHouse(recipes: RecipeRoutesTests.store)
        let made = try await house.create("one", ("start", false), ("recipe", "pump"))
        #expect(made.status == 201, "\(made.text)")
        let id = try #require(made.json["id"]?.string)
        let tests = try await house.call(.get, "instances/\(id)/tests")
        let names = tests.json["items"]?.array?.compactMap { $0["name"]?.string } ?? []
        #expect(names.sorted() == ["Also", "Runs"], "\(tests.text)")
        await house.end()
    }

    @Test("Moving in takes one upload: an instance is made of what another platform exported")
    func movingIn() async throws {
        let house = try await InstanceHouse()
        let application = house.factory.application.id
        let nodes: JSONValue = .array([["id": "n1", "type": "mqtt in"]])
        let export: JSONObject = JSONObject([
            ("name", "Line 3"),
            (
                "flows",
                .object(
                    JSONObject([
                        ("flows", nodes), ("credentials", ["n1": ["password": "p"]]),
                    ]))
            ), ("settings", ["env": ["LINE": "3"], "modules": ["node-red-x": "1.0.0"]]),
        ])
        let taken = try await house.call(.post, "applications/\(application)/snapshots", export)
        #expect(taken.status == 201, "\(taken.text)")
        let snapshot = try #require(taken.json["id"]?.string)
        let made = try await house.create(
            "moved", ("start", false), ("snapshot", .string(snapshot)))
        #expect(made.status == 201, "\(made.text)")
        let id = try #require(made.json["id"]?.string)
        let version = try await house.call(.get, "instances/\(id)/versions").json["items"]
        #expect(version?.array?.first?["hasCredentials"] == true)
        let environment = try await house.call(.get, "instances/\(id)/environment")
        #expect(environment.text.contains(#""LINE""#))
        let both = try await house.create(
            "both", ("start", false), ("snapshot", .string(snapshot)), ("flows", .array([])))
        #expect(both.status == 422)
        let pinned = try await house.call(
            .patch, "snapshots/\(snapshot)", JSONObject([("pinned", true)]))
        #expect(pinned.json["pinned"] == true)
        #expect(try await house.call(.delete, "snapshots/\(snapshot)").status == 409)
        await house.end()
    }

    @Test("Instances of one state are counted and paged as such, and a wild cursor harms nobody")
    func states() async throws {
        let house = try await InstanceHouse()
        for name in ["one", "two", "three"] {
            #expect(try await house.create(name, ("start", false)).status == 201)
        }
        let first = try await house.call(.get, "instances?state=stopped&limit=2")
        #expect(first.json["count"] == 3)
        #expect(first.json["items"]?.array?.count == 2)
        let next = try #require(first.json["next"]?.string)
        let second = try await house.call(.get, "instances?state=stopped&limit=2&cursor=\(next)")
        #expect(second.json["items"]?.array?.count == 1)
        #expect(second.json["next"]?.isNull == true)
        let running = try await house.call(.get, "instances?state=running")
        #expect(running.json["count"] == 0)
        #expect(try await house.call(.get, "instances?state=idle").status == 422)
        let wild = Base64URL.encode(Array(#"["-9"]"#.utf8))
        #expect(
            try await house.call(.get, "instances?state=stopped&cursor=\(wild)").status == 200)
        #expect(house.house.faults.all == [])
        await house.end()
    }

    @Test("Log, resources and page tokens answer as they are described")
    func parts() async throws {
        let house = try await InstanceHouse()
        let id = try #require(try await house.create("one").json["id"]?.string)
        let path = "instances/\(id)"
        let instance = try #require(Instance.ID(id))
        let stores = house.house.stores
        _ = try await stores.logs.append(
            [LogRecord(at: Timestamp(milliseconds: 1), level: .warn, text: "belt slips")],
            of: instance)
        try await stores.resources.append(
            [
                ResourceSample(
                    at: .now(), rss: 1, heapUsed: nil, cpuPercent: 0.5, lagMilliseconds: nil)
            ],
            of: instance)
        let log = try await house.call(.get, "\(path)/logs?level=warn&query=belt")
        #expect(log.json["items"]?.array?.first?["text"] == "belt slips")
        #expect(try await house.call(.get, "\(path)/logs?level=loud").status == 422)
        #expect(try await house.call(.get, "\(path)/logs?before=1&after=1").status == 422)
        let samples = try await house.call(.get, "\(path)/resources")
        #expect(samples.json["count"] == 1)
        #expect(try await house.call(.get, "\(path)/resources?points=0").status == 422)
        let token = try await house.call(
            .post, "\(path)/page-tokens", JSONObject(texts: ("name", "gate")))
        #expect(token.status == 201)
        #expect(token.json["secret"]?.string?.hasPrefix("lsg_") == true)
        let tokens = try await house.call(.get, "\(path)/page-tokens")
        #expect(tokens.json["items"]?.array?.first?["secret"] == nil)
        let name = try #require(token.json["id"]?.string)
        #expect(try await house.call(.delete, "\(path)/page-tokens/\(name)").status == 204)
        #expect(house.house.faults.all == [])
        await house.end()
    }
}
