import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Store
import Testing

@Suite("Comparison routes", .timeLimit(.minutes(10))) struct ComparisonRoutesTests {
    private static let tab = #"{"id":"t1","type":"tab","label":"Line 3"}"#
    private static func function(_ code: String, x: Int = 100, wires: String = #""n2""#) -> String {
        #"{"id":"n1","type":"function","z":"t1","name":"scale","x":\#(x),"y":40,"#
            + #""func":"\#(code)","wires":[[\#(wires)]]}"#
    }
    private static let debug =
        #"{"id":"n2","type":"debug","z":"t1","name":"","x":300,"y":40,"wires":[]}"#

    private static func flows(_ nodes: String...) throws -> JSONValue {
        try JSONReader.read(Array("[\(nodes.joined(separator: ","))]".utf8))
    }

    /// Two instances; the first has two versions, the second of them with a credential.
    private struct Ground {
        let house: InstanceHouse
        let press: String
        let saw: String
        let versions: [String]

        init() async throws {
            house = try await InstanceHouse()
            press = try #require(try await house.create("Press").json["id"]?.string)
            saw = try #require(try await house.create("Saw").json["id"]?.string)
            var versions: [String] = []
            for body in [
                JSONObject([("flows", try flows(tab, function("return 1;\\nmsg;"), debug))]),
                JSONObject([
                    ("flows", try flows(tab, function("return 2;\\nmsg;", x: 140, wires: ""))),
                    ("credentials", try JSONReader.read(Array(#"{"n1":{"key":"hunter2"}}"#.utf8))),
                ]),
            ] {
                let answer = try await house.call(.put, "instances/\(press)/flows", body)
                versions.append(try #require(answer.json["id"]?.string, "\(answer.text)"))
            }
            self.versions = versions
        }

        func compare(
            _ from: JSONObject, _ to: JSONObject, _ more: (String, JSONValue)...,
            as client: HouseFixture.Client? = nil
        ) async throws -> HouseFixture.Answer {
            try await house.house.call(
                .post, "comparisons",
                JSONObject([("from", .object(from)), ("to", .object(to))] + more),
                as: client ?? house.admin)
        }
    }

    @Test("Two versions: the node that changed, the one that went, and who has a new credential")
    func versions() async throws {
        let ground = try await Ground()
        let answer = try await ground.compare(
            JSONObject(texts: ("version", ground.versions[0])),
            JSONObject(texts: ("version", ground.versions[1])))
        #expect(answer.status == 200, "\(answer.text)")
        let json = answer.json
        #expect(json["matchedBy"] == "id" && json["identical"] == false)
        #expect(
            json["summary"] == [
                "added": 0, "removed": 1, "changed": 1, "moved": 0, "unchanged": 1,
            ])
        let changed = try #require(json["nodes"]?.array?.first)
        #expect(changed["fromId"] == "n1" && changed["toId"] == "n1" && changed["isMoved"] == true)
        #expect(changed["credentials"] == "added")
        #expect(changed["toContainer"] == "t1" && changed["name"] == "scale")
        let properties = try #require(changed["properties"]?.array)
        #expect(properties.map { $0["path"]?.string } == ["x", "func"])
        #expect(
            properties[1]["lines"] == [
                ["op": "removed", "from": 1, "to": .null, "text": "return 1;"],
                ["op": "added", "from": .null, "to": 1, "text": "return 2;"],
                ["op": "same", "from": 2, "to": 2, "text": "msg;"],
            ])
        #expect(changed["wires"] == ["added": [], "removed": [["port": 0, "fromId": "n2"]]])
        #expect(json["containers"]?.array?.first?["change"] == "changed")
        #expect(!answer.text.contains("hunter2"))
        #expect(
            json["to"]?["flowsUrl"]?.string
                == "/api/v1/instances/\(ground.press)/versions/\(ground.versions[1])/flows")
        #expect(json["to"]?["label"] == "Press, version 2")
        #expect(ground.house.house.faults.all == [])
        await ground.house.end()
    }

    @Test("Running flows, a snapshot, an instance without any and an uploaded file are sides too")
    func sides() async throws {
        let ground = try await Ground()
        let made = try await ground.house.call(
            .post, "instances/\(ground.press)/snapshots", JSONObject(texts: ("name", "Good")))
        let snapshot = try #require(made.json["id"]?.string, "\(made.text)")
        let same = try await ground.compare(
            JSONObject(texts: ("instance", ground.press)),
            JSONObject(texts: ("snapshot", snapshot)))
        #expect(same.json["identical"] == true, "\(same.text)")
        #expect(same.json["from"]?["nodes"] == 2 && same.json["to"]?["label"] == "Good")
        let file = JSONObject([
            ("flows", try Self.flows(Self.tab, Self.debug)), ("name", "line.json"),
        ])
        let uploaded = try await ground.compare(JSONObject(texts: ("instance", ground.saw)), file)
        #expect(uploaded.json["from"]?["nodes"] == 0)
        #expect(uploaded.json["to"]?["label"] == "line.json")
        #expect(uploaded.json["to"]?["flowsUrl"] == .null)
        #expect(uploaded.json["summary"]?["added"] == 2)
        #expect(uploaded.json["environment"] == [] && uploaded.json["modules"] == [])
        #expect(ground.house.house.faults.all == [])
        await ground.house.end()
    }

    @Test("Who may read one side only is told that the other does not exist")
    func permissions() async throws {
        let ground = try await Ground()
        let factory = ground.house.factory
        let team = try await factory.team("Other")
        let application = try await factory.application("Elsewhere", in: team)
        let other = try await ground.house.call(
            .post, "applications/\(application.id)/instances", JSONObject(texts: ("name", "Far")))
        let far = JSONObject(texts: ("instance", try #require(other.json["id"]?.string)))
        let person = try await factory.user("vera", [(.team(factory.team.id), .viewer)])
        let client = try await ground.house.house.token(of: person, readOnly: true)
        let near = JSONObject(texts: ("version", ground.versions[0]))
        for (from, to) in [(near, far), (far, near)] {
            let answer = try await ground.compare(from, to, as: client)
            #expect(answer.status == 404, "\(answer.text)")
            #expect(!answer.text.contains("scale"))
        }
        #expect(try await ground.compare(near, near, as: client).status == 200)
        for (kind, id) in [("version", ground.versions[0]), ("instance", ground.press)] {
            let outsider = try await factory.user("otto-\(kind)", [(.team(team.id), .member)])
            let stranger = try await ground.house.house.token(of: outsider)
            let file = JSONObject([("flows", .array([]))])
            let hidden = try await ground.compare(
                JSONObject(texts: (kind, id)), file, as: stranger)
            let missing = try await ground.compare(
                JSONObject(texts: (kind, "aaaaaaaaaaaaaaaaaaaa")), file, as: stranger)
            #expect(hidden.status == 404 && hidden.json["detail"] == missing.json["detail"])
        }
        let pages = try await factory.user("dora", [(.team(factory.team.id), .dashboard)])
        let looker = try await ground.house.house.token(of: pages)
        #expect(try await ground.compare(near, near, as: looker).status == 404)
        await ground.house.end()
    }

    @Test("A guess that somebody deploys elsewhere is not told right or wrong")
    func guesses() async throws {
        let ground = try await Ground()
        let factory = ground.house.factory
        let application = try await factory.application("Elsewhere", in: factory.team)
        let other = try await ground.house.call(
            .post, "applications/\(application.id)/instances", JSONObject(texts: ("name", "Far")))
        let far = try #require(other.json["id"]?.string)
        let person = try await factory.user(
            "vera", [(.team(factory.team.id), .viewer), (.application(application.id), .member)])
        let client = try await ground.house.house.token(of: person)
        let secret = JSONObject(texts: ("version", ground.versions[1]))
        for guess in ["hunter2", "hunter3"] {
            let flows = try Self.flows(Self.tab, Self.function("return 2;\\nmsg;", wires: ""))
            let credentials = try JSONReader.read(Array(#"{"n1":{"key":"\#(guess)"}}"#.utf8))
            let deployed = try await ground.house.call(
                .put, "instances/\(far)/flows",
                JSONObject([("flows", flows), ("credentials", credentials)]))
            #expect(deployed.status == 200, "\(deployed.text)")
            let guessed = JSONObject(texts: ("instance", far))
            let answer = try await ground.compare(secret, guessed, as: client)
            #expect(answer.json["nodes"]?.array?.first?["credentials"] == .null, "\(answer.text)")
            #expect(answer.json["warnings"]?.array?.count == 1)
            let owner = try await ground.compare(secret, guessed)
            let expected: JSONValue = guess == "hunter2" ? .null : "changed"
            #expect(owner.json["nodes"]?.array?.first?["credentials"] == expected)
        }
        await ground.house.end()
    }

    @Test("What names no side, two at once, or nothing that exists is refused with the field")
    func refusals() async throws {
        let ground = try await Ground()
        let version = JSONObject(texts: ("version", ground.versions[0]))
        let two = JSONObject(texts: ("version", ground.versions[0]), ("instance", ground.press))
        for side in [JSONObject(), two, JSONObject(texts: ("version", "?"))] {
            let answer = try await ground.compare(version, side)
            #expect(answer.status == 422, "\(answer.text)")
        }
        let unknown = JSONObject(texts: ("version", "aaaaaaaaaaaaaaaaaaaa"))
        #expect(try await ground.compare(version, unknown).status == 404)
        let match = try await ground.compare(version, version, ("match", "magic"))
        #expect(match.status == 422 && match.json["fields"]?["match"] != nil)
        await ground.house.end()
    }
}
