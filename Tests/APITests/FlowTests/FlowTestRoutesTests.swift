import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Flow test routes", .timeLimit(.minutes(10))) struct FlowTestRoutesTests {
    private static func body(_ name: String, expects payload: String = "7") throws -> JSONObject {
        let text = """
            {"format": "lineside-flow-test/1", "name": "\(name)", "steps": [
                {"send": {"payload": 7}, "to": "in"},
                {"expect": {"payload": \(payload)}, "at": "out", "timeout": 3000}]}
            """
        return try #require(try JSONReader.read(Array(text.utf8)).object)
    }

    private static let flows: JSONValue = .array([
        ["id": "tab", "type": "tab", "label": "T"],
        [
            "id": "in", "type": "junction", "z": "tab", "x": 1, "y": 1,
            "wires": .array([.array(["out"])]),
        ],
        [
            "id": "out", "type": "debug", "z": "tab", "x": 2, "y": 1, "active": false,
            "wires": .array([]),
        ],
    ])

    @Test("A test is added, read, replaced and removed")
    func life() async throws {
        let house = try await InstanceHouse()
        let id = try #require(try await house.create("Press").json["id"]?.string)
        let path = "instances/\(id)/tests"
        let made = try await house.call(.post, path, Self.body("Hot"))
        #expect(made.status == 201, "\(made.text)")
        let test = try #require(made.json["id"]?.string)
        #expect(made.json["definition"]?["steps"]?.array?.count == 2)
        #expect(try await house.call(.post, path, Self.body("hot")).status == 409)
        let changed = try await house.call(.put, "\(path)/\(test)", Self.body("Cold"))
        #expect(changed.json["name"] == "Cold", "\(changed.text)")
        #expect(try await house.call(.get, path).json["count"] == 1)
        #expect(try await house.call(.get, "\(path)/\(test)").json["name"] == "Cold")
        #expect(try await house.call(.delete, "\(path)/\(test)").status == 204)
        #expect(try await house.call(.get, "\(path)/\(test)").status == 404)
        #expect(house.house.faults.all == [])
        await house.end()
    }

    @Test("A case that is wrong is refused with the step that it is wrong in")
    func wrong() async throws {
        let house = try await InstanceHouse()
        let id = try #require(try await house.create("Press").json["id"]?.string)
        let text = """
            {"format": "lineside-flow-test/1", "name": "A", "steps": [{"expect": {}}]}
            """
        let refused = try await house.call(
            .post, "instances/\(id)/tests", try JSONReader.read(Array(text.utf8)).object)
        #expect(refused.status == 422)
        let field = refused.json["fields"]?["definition"]?.string
        #expect(field == "step 1 (expect): “at” is missing", "\(refused.text)")
        await house.end()
    }

    @Test("Without a test or a deploy a run is refused with what to do")
    func nothing() async throws {
        let house = try await InstanceHouse()
        let id = try #require(try await house.create("Press").json["id"]?.string)
        let bare = try await house.call(.post, "instances/\(id)/test-runs", JSONObject())
        #expect(bare.status == 409 && bare.text.contains("add one first"), "\(bare.text)")
        _ = try await house.call(.post, "instances/\(id)/tests", Self.body("A"))
        let empty = try await house.call(.post, "instances/\(id)/test-runs", JSONObject())
        #expect(empty.status == 409 && empty.text.contains("Nothing was deployed"))
        await house.end()
    }

    @Test(
        "A run over the newest version ends, with each step, and stands beside the version",
        .enabled(if: StartPreparation.nodeOnPath() != nil, "no node on PATH"))
    func run() async throws {
        let house = try await InstanceHouse()
        let created = try await house.create(
            "Press", ("flows", Self.flows), ("start", false))
        let id = try #require(created.json["id"]?.string, "\(created.text)")
        _ = try await house.call(.post, "instances/\(id)/tests", Self.body("Right"))
        _ = try await house.call(.post, "instances/\(id)/tests", Self.body("Wrong", expects: "8"))
        let begun = try await house.call(.post, "instances/\(id)/test-runs", JSONObject())
        #expect(begun.status == 202 && begun.json["state"] == "running", "\(begun.text)")
        let run = try #require(begun.json["id"]?.string)
        let ended = try await eventually("the end of the run") {
            let now = try await house.call(.get, "instances/\(id)/test-runs/\(run)")
            return now.json["state"] == "running" ? nil : now
        }
        #expect(ended.json["state"] == "failed", "\(ended.text)")
        #expect(ended.json["passed"] == 1 && ended.json["failed"] == 1)
        let wrong = ended.json["cases"]?.array?.last
        #expect(wrong?["steps"]?.array?.last?["got"] == #"{"payload":7}"#, "\(ended.text)")
        let versions = try await house.call(.get, "instances/\(id)/versions")
        let tests = versions.json["items"]?.array?.first?["tests"]
        #expect(tests?["runId"]?.string == run && tests?["failed"] == 1, "\(versions.text)")
        let list = try await house.call(.get, "instances/\(id)/test-runs")
        #expect(list.json["count"] == 1)
        #expect(house.house.faults.all == [])
        await house.end()
    }
}
