import Basics
import Domain
import Testing

@Suite("Flow test case") struct FlowTestCaseTests {
    private func parse(_ steps: String, _ more: String = "") throws(ValidationFault) -> FlowTestCase
    {
        try FlowTestCase(
            text: Array(
                """
                {"format": "lineside-flow-test/1", "name": "A test", "steps": [\(steps)]\(more)}
                """.utf8))
    }

    @Test("Every kind of step is taken, and the time that all may take is known")
    func whole() throws {
        let test = try parse(
            """
            {"send": {"payload": 1}, "to": "a", "port": 1, "says": "One goes in"},
            {"expect": {"payload": {"$gt": 0}}, "at": "b", "timeout": 1000},
            {"expect": {}, "at": "b"},
            {"expectNone": true, "at": "b", "for": 200},
            {"request": {"method": "POST", "path": "x?y=1", "headers": {"a": "b"}, "body": [1]},
             "answer": {"status": 201, "type": "text/plain", "contains": [""], "lacks": [],
                        "body": null}},
            {"file": "a/b.csv", "contains": ["x"], "equals": "x", "timeout": 0},
            {"restart": true}
            """,
            """
            , "timeout": 2000, "environment": {"LIMIT": "80"}, "real": ["c"],
            "mocks": [{"node": "d", "answers": [{"payload": 1}, null, [null, {}]], "fails": "x"}],
            "needs": {"modules": {"node-red-contrib-modbus": "*"}}
            """)
        #expect(test.name.text == "A test" && test.steps == 7 && test.restarts == 1)
        #expect(test.timeLimit == .milliseconds(1000 + 2000 + 200 + 2000) + .seconds(120))
        #expect(test.environment.map(\.name) == ["LIMIT"])
        #expect(test.needs == [FlowTestModule(name: "node-red-contrib-modbus", version: "*")])
    }

    @Test(
        "A version of a package that a case needs is told from one that it can't use",
        arguments: [
            ("*", "1.0.0", true), ("", "1.0.0", true), ("1.2", "1.2.0", true),
            ("1.2", "1.20.0", false), ("1.x", "1.9.0", true), ("1.2.3", "1.2.3", true),
            ("1.2.3", "1.2.4", false),
            ("^1.2.3", "1.9.0", true), ("~1.2.3", "1.2.9", true), ("^1.2.3", "2.0.0", false),
            ("^1.2.3", "10.0.0", false), (">=1 <3", "9.0.0", true),
        ])
    func versions(_ wanted: String, _ installed: String, _ isTaken: Bool) {
        let module = FlowTestModule(name: "a", version: wanted)
        #expect(module.accepts(installed) == isTaken)
        #expect((module.lack(in: installed) == nil) == isTaken)
        #expect(module.lack(in: nil) == "It needs a \(wanted); the instance has none.")
    }

    @Test(
        "What is wrong is said, with the step that it is wrong in",
        arguments: [
            ("", "", "“steps” must be 1 to 200"),
            ("7", "", "step 1 is none of send, expect, expectNone, request, file, restart"),
            (#"{"sent": {}}"#, "", "step 1 is none of"),
            (#"{"send": {}, "to": "a"}, {"expect": {}}"#, "", "step 2 (expect): “at” is missing"),
            (
                #"{"send": [], "to": "a"}"#, "", "step 1 (send): “send” must be a message"
            ),
            (
                #"{"send": {}, "to": "a", "prot": 1}"#, "", "step 1 (send): there is no “prot”"
            ),
            (
                #"{"expect": {}, "at": "a", "timeout": 60001}"#, "",
                "step 1 (expect): “timeout” must be 0 to 60000 ms"
            ),
            (#"{"file": "../flows.json"}"#, "", "step 1 (file): “file” must be a path below"),
            (#"{"file": "/etc/passwd"}"#, "", "step 1 (file): “file” must be a path below"),
            (
                #"{"request": {"path": "/x"}, "answer": {}}"#, "",
                "step 1 (request): “request” must be {method"
            ),
            (#"{"restart": true}"#, #", "enviroment": {}"#, "there is no “enviroment”"),
            (#"{"restart": true}"#, #", "environment": {"PATH": "x"}"#, "PATH is set by"),
            (#"{"restart": true}"#, #", "mocks": [{"nod": "a"}]"#, "“mocks” must be a list of"),
        ])
    func wrong(_ steps: String, _ more: String, _ sentence: String) throws {
        let fault = #expect(throws: ValidationFault.self) { _ = try parse(steps, more) }
        #expect(fault?.reason.contains(sentence) == true, "\(fault?.reason ?? "none")")
    }

    @Test("A test that could take an hour is refused")
    func tooLong() throws {
        let step = #"{"expectNone": true, "at": "a", "for": 60000}"#
        let many = Array(repeating: step, count: 16).joined(separator: ",")
        let fault = #expect(throws: ValidationFault.self) { _ = try parse(many) }
        #expect(fault?.reason == "its steps may take 15 minutes together, not more")
    }

    @Test("What a hostile runner wrote is cut to its bounds")
    func bounds() throws {
        let long = String(repeating: "x", count: 10_000)
        let steps = (0..<300).map { _ in
            JSONValue.object(
                JSONObject([
                    ("state", .string("won")), ("text", .string(long)), ("got", .string(long)),
                    ("ms", .number("9999999999")),
                ]))
        }
        let written = JSONObject([
            ("steps", .array(steps)), ("ms", .string("soon")),
            ("log", .array((0..<500).map { _ in .string(long) })),
        ])
        let outcome = FlowTestOutcome(name: "A", state: .error, written: written)
        #expect(outcome.steps.count == 200 && outcome.log.count == 102)
        #expect(outcome.steps.allSatisfy { $0.state == .skipped && $0.text.utf8.count <= 515 })
        #expect(outcome.log.allSatisfy { $0.utf8.count <= 515 })
        let result = FlowTestResult(detail: "e", cases: [outcome])
        let text = try #require(try JSONReader.read(result.json, limit: 8 << 20).object)
        #expect(FlowTestResult(text) == result)
    }

    @Test("A run that was broken off is an error, with what was found out before")
    func brokenOff() throws {
        let moment = Timestamp(milliseconds: 1_800_000_000_000)
        var run = FlowTestRun(
            id: .random(), instanceID: .random(), versionID: nil, versionNumber: 3,
            startedAt: moment, by: nil,
            result: FlowTestResult(cases: [
                FlowTestOutcome(name: "A", state: .passed), FlowTestOutcome(name: "B"),
            ]))
        run.finish(at: moment, detail: "Interrupted")
        #expect(run.state == .error && run.passed == 1 && run.failed == 1)
        #expect(run.result.cases[1].detail == "Interrupted")
        run.result = FlowTestResult(cases: [FlowTestOutcome(name: "A", state: .failed)])
        run.finish(at: moment)
        #expect(run.state == .failed && run.finishedAt == moment)
    }
}
