import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Testing

/// Real throw-away processes: of the practice runtime, and of real Node-RED where
/// `LINESIDE_TEST_STACK` names the directory of an unpacked stack.
@Suite(
    "Flow test process", .timeLimit(.minutes(10)), .serialized,
    .enabled(
        if: StartPreparation.nodeOnPath() != nil,
        "no node on PATH: nothing that needs a real process of Node.js is tested"))
struct FlowTestProcessTests {
    static let programs: [InstanceDefinition.Program] = {
        let stack = getenv("LINESIDE_TEST_STACK").map { String(cString: $0) }
        guard let stack, Files.isDirectory(stack) else { return [.practice] }
        return [.practice, .stack(path: stack)]
    }()

    final class Bench: Sendable {
        let directory: TemporaryDirectory
        let bench: FlowTestBench
        let instance = Instance.ID.random()

        init() throws {
            directory = try TemporaryDirectory()
            bench = FlowTestBench(
                state: directory.path,
                preparation: StartPreparation(
                    state: directory.path,
                    runtime: RuntimeFiles(root: SupervisedInstance.checkout),
                    publicKey: try SigningKey.generate().publicKeyPEM(), ports: PortPool()))
        }

        /// - Parameter function: of the only node, `work`; what it sends arrives at `out`.
        func job(
            _ program: InstanceDefinition.Program, function: String, steps: String? = nil,
            environment: String = "{}", variables: [String] = []
        ) throws -> FlowTestJob {
            let steps =
                steps
                    ?? """
                    {"send": {"payload": 1}, "to": "work"}, {"expect": {"payload": "done"}, "at": "out"}
                    """
            let work = JSONObject([
                ("id", "work"), ("type", "function"), ("z", "tab"), ("name", "Work"),
                ("func", .string(function)), ("outputs", 1), ("libs", .array([])),
                ("wires", .array([.array(["out"])])),
            ])
            let out: JSONValue = [
                "id": "out", "type": "debug", "z": "tab", "name": "", "active": false,
                "wires": .array([]),
            ]
            let flows = JSONValue.array([["id": "tab", "type": "tab", "label": "T"], out])
            let list = (flows.array ?? []) + [.object(work)]
            return FlowTestJob(
                run: .random(), number: 0,
                test: try FlowTestCase(
                    text: Array(
                        """
                        {"format": "lineside-flow-test/1", "name": "A test",
                         "environment": \(environment), "steps": [\(steps)]}
                        """.utf8)),
                flows: JSONValue.array(list).json,
                definition: InstanceDefinition(
                    id: instance, name: "Press", slug: "press", program: program,
                    credentialSecret: String(repeating: "a", count: 64), pageSecret: "secret"),
                variables: variables)
        }

        func run(_ job: FlowTestJob, limit: Duration? = nil) async -> FlowTestOutcome {
            await FlowTestProcess(bench: bench, limit: limit).run(job)
        }

        /// Folders of tests that are still there.
        var left: [String] { (try? Files.list("\(directory.path)/tests")) ?? ["unreadable"] }
    }

    /// Of Node.js, from inside a function node: what a hostile node package has anyway.
    static let escape =
        #"const process = Buffer.constructor("return process")();"#
        + "const need = process.mainModule.constructor._load;"

    @Test("A case passes, with the variables of the instance below its own", arguments: programs)
    func passes(_ program: InstanceDefinition.Program) async throws {
        let bench = try Bench()
        let outcome = await bench.run(
            try bench.job(
                program,
                function: "msg.payload = [env.get('A'), env.get('B')].join(); return msg;",
                steps: """
                    {"send": {}, "to": "work"}, {"expect": {"payload": "own,2"}, "at": "out"},
                    {"restart": true},
                    {"send": {}, "to": "work"}, {"expect": {"payload": "own,2"}, "at": "out"}
                    """,
                environment: #"{"A": "own"}"#, variables: ["A=1", "B=2"]))
        #expect(outcome.state == .passed, "\(outcome)")
        #expect(outcome.steps.count == 5 && outcome.steps.allSatisfy { $0.state == .passed })
        #expect(bench.left == [])
    }

    @Test("A case whose node package is missing or too old is not run, and says what it needs")
    func modules() async throws {
        let bench = try Bench()
        var job = try bench.job(.practice, function: "msg.payload = 'done'; return msg;")
        job.test = try FlowTestCase(
            text: Array(
                """
                {"format": "lineside-flow-test/1", "name": "A test",
                 "needs": {"modules": {"@acme/press": "1.2"}}, "steps": [
                    {"send": {"payload": 1}, "to": "work"},
                    {"expect": {"payload": "done"}, "at": "out"}]}
                """.utf8))
        var outcome = await bench.run(job)
        #expect(outcome.state == .error)
        #expect(outcome.detail == "It needs @acme/press 1.2; the instance has none.")
        let user = InstanceLayout(state: bench.directory.path, bench.instance).user
        let package = "\(user)/node_modules/@acme/press"
        try Files.makeDirectory(package)
        for (version, detail) in [
            ("1.0.4", "It needs @acme/press 1.2; the instance has 1.0.4."), ("1.2.4", nil),
        ] {
            let text = #"{"name": "@acme/press", "version": "\#(version)"}"#
            try Files.replace("\(package)/package.json", with: Array(text.utf8))
            outcome = await bench.run(job)
            #expect(outcome.detail == detail, "\(outcome)")
        }
        #expect(outcome.state == .passed, "\(outcome)")
    }

    @Test("A failed step is told, and nothing is left behind", arguments: programs)
    func fails(_ program: InstanceDefinition.Program) async throws {
        let bench = try Bench()
        let outcome = await bench.run(
            try bench.job(program, function: "msg.payload = 'wrong'; return msg;"))
        #expect(outcome.state == .failed)
        #expect(outcome.steps.last?.got == #"{"payload":"wrong"}"#, "\(outcome)")
        #expect(bench.left == [])
    }

    @Test(
        "A flow that leaves its folder is kept from writing and from reading",
        .enabled(if: SpawnRequest.Fence.holdsFiles, "this kernel has no Landlock"),
        arguments: programs)
    func fence(_ program: InstanceDefinition.Program) async throws {
        let bench = try Bench()
        let secret = "\(bench.directory.path)/site.key"
        try Files.replace(secret, with: Array("secret".utf8))
        let outcome = await bench.run(
            try bench.job(
                program,
                function: """
                    \(Self.escape)
                    const fs = need("node:fs");
                    const tried = [];
                    for (const act of [
                        () => fs.readFileSync("\(secret)"),
                        () => fs.writeFileSync("\(secret)", "x"),
                        () => fs.readdirSync("\(bench.directory.path)/tests"),
                        () => fs.writeFileSync("/tmp/lineside-escaped", "x"),
                        () => fs.writeFileSync("inside", "x"),
                    ]) {
                        try { act(); tried.push("did"); } catch (error) { tried.push(error.code); }
                    }
                    msg.payload = tried.join(); return msg;
                    """,
                steps: """
                    {"send": {}, "to": "work"},
                    {"expect": {"payload": "EACCES,EACCES,EACCES,EACCES,did"}, "at": "out"}
                    """))
        #expect(outcome.state == .passed, "\(outcome)")
        #expect(try Files.read(secret) == Array("secret".utf8))
        #expect(!Files.exists("/tmp/lineside-escaped"))
    }

    @Test("A child that left the session and hides is ended with the test", arguments: programs)
    func children(_ program: InstanceDefinition.Program) async throws {
        let bench = try Bench()
        let outcome = await bench.run(
            try bench.job(
                program,
                function: """
                    \(Self.escape)
                    const { spawn } = need("node:child_process");
                    const child = spawn("/bin/sleep", ["4711"], { detached: true });
                    child.unref(); msg.payload = "done"; msg.pid = child.pid; return msg;
                    """,
                steps: """
                    {"send": {}, "to": "work"}, {"expect": {"payload": "other"}, "at": "out"}
                    """))
        #expect(outcome.state == .failed, "\(outcome)")
        let got = try #require(outcome.steps.last?.got)
        let message = try JSONReader.read(Array(got.utf8))
        let pid = try #require(message["pid"]?.int)
        let status = ProcessStatus(pid: Int32(pid))
        #expect(status?.name != "sleep" || status?.state == UInt8(ascii: "Z"), "\(got)")
        #expect(bench.left == [])
    }

    @Test("A flow that ends the process is told with the step", arguments: programs)
    func exits(_ program: InstanceDefinition.Program) async throws {
        let bench = try Bench()
        let outcome = await bench.run(
            try bench.job(program, function: "\(Self.escape) process.exit(3);"))
        #expect(outcome.state == .error)
        #expect(
            outcome.detail == "Node-RED ended by itself, with code 3, in step 1.", "\(outcome)")
    }

    @Test("A test that is not over in time is ended", arguments: programs)
    func late(_ program: InstanceDefinition.Program) async throws {
        let bench = try Bench()
        let outcome = await bench.run(
            try bench.job(
                program, function: "return null;",
                steps: #"{"expectNone": true, "at": "out", "for": 60000}"#), limit: .seconds(4))
        #expect(outcome.state == .error)
        #expect(outcome.detail?.hasPrefix("The test did not end in time") == true, "\(outcome)")
        #expect(bench.left == [])
    }

    @Test("A cancelled test ends at once and says so", arguments: programs)
    func cancelled(_ program: InstanceDefinition.Program) async throws {
        let bench = try Bench()
        let job = try bench.job(
            program, function: "return null;",
            steps: #"{"expectNone": true, "at": "out", "for": 60000}"#)
        let task = Task { await bench.run(job) }
        _ = try await eventually("a result that says running") {
            Files.exists("\(bench.directory.path)/tests/\(job.run)-0/test/result.json") ? true : nil
        }
        task.cancel()
        let outcome = await task.value
        #expect(outcome.detail == FlowTestProcess.interrupted, "\(outcome)")
        #expect(bench.left == [])
    }

    @Test("What a killed appliance left is ended and removed at the next start")
    func leftovers() async throws {
        let bench = try Bench()
        let job = try bench.job(
            .practice, function: "return null;",
            steps: #"{"expectNone": true, "at": "out", "for": 60000}"#)
        let task = Task { await bench.run(job) }
        _ = try await eventually("a result that says running") {
            Files.exists("\(bench.directory.path)/tests/\(job.run)-0/test/result.json") ? true : nil
        }
        await bench.bench.clear()
        #expect(!Files.exists("\(bench.directory.path)/tests"))
        #expect(await task.value.state == .error)
    }
}
