import Basics
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Testing

@Suite("Start preparation") final class StartPreparationTests {
    private let directory: TemporaryDirectory
    private let id = Instance.ID.random()

    init() throws { directory = try TemporaryDirectory() }

    private func preparation(node: String? = "/usr/bin/node") -> StartPreparation {
        StartPreparation(
            state: directory.path, runtime: RuntimeFiles(root: "/runtime"), publicKey: "PEM",
            ports: PortPool(), node: node)
    }

    private func definition(
        _ program: InstanceDefinition.Program = .practice, environment: [String] = []
    ) -> InstanceDefinition {
        InstanceDefinition(
            id: id, name: "Press OEE", slug: "press-oee", program: program,
            environment: environment, credentialSecret: String(repeating: "a", count: 64),
            pageSecret: Randomness.secret())
    }

    @Test("start.json says all that the instance needs, and only the appliance can read it")
    func startFile() throws {
        let plan = try preparation().prepare(definition(), safe: false, avoiding: nil)
        let json = try JSONReader.read(Files.read(plan.layout.startFile))
        #expect(json["adminRoot"]?.string == "/-/press-oee/")
        #expect(json["nodeRoot"]?.string == "/press-oee/")
        #expect(json["port"]?.int == Int64(plan.port) && json["nonce"]?.string == plan.nonce)
        #expect(json["spool"]?.string == plan.layout.spool)
        #expect(json["palette"]?["allowInstall"]?.bool == true)
        var information = stat()
        stat(plan.layout.startFile, &information)
        #expect(information.st_mode & 0o777 == 0o600)
        #expect(plan.alivePath == "/-/press-oee/lineside/alive")
    }

    @Test("Each start has a nonce of its own and keeps its port")
    func nonce() throws {
        let preparation = preparation()
        var definition = definition()
        let first = try preparation.prepare(definition, safe: false, avoiding: nil)
        definition.port = first.port
        let second = try preparation.prepare(definition, safe: true, avoiding: nil)
        #expect(first.nonce != second.nonce && first.port == second.port)
        #expect(second.arguments.last == "--safe" && !first.arguments.contains("--safe"))
        let third = try preparation.prepare(definition, safe: false, avoiding: first.port)
        #expect(third.port != first.port)
    }

    @Test("Own variables come in, ours are never overridden")
    func environment() throws {
        let own = [
            "LINE=3", "PATH=/evil", "NODE_OPTIONS=--inspect", "LD_PRELOAD=/x", "HOME=/",
            "npm_config_registry=http://x", "LINESIDE_SETTINGS=/x", "EMPTY=", "MULTI=a=b",
        ]
        let plan = try preparation().prepare(
            definition(environment: own), safe: false, avoiding: nil)
        let environment = plan.environment
        for kept in ["LINE=3", "EMPTY=", "MULTI=a=b", "HOME=\(plan.layout.user)"] {
            #expect(environment.contains(kept))
        }
        for name in ["PATH", "HOME", "LINESIDE_SETTINGS"] {
            #expect(environment.filter { $0.hasPrefix("\(name)=") }.count == 1)
        }
        #expect(!environment.contains { $0.hasPrefix("NODE_OPTIONS") || $0.hasPrefix("LD_") })
        #expect(!environment.contains { $0.hasPrefix("npm_config_registry") })
    }

    @Test("A stack's own Node.js comes before that of the system")
    func carriedNode() throws {
        let stack = "\(directory.path)/stack"
        try Files.makeDirectory("\(stack)/node_modules/node-red")
        try Files.replace("\(stack)/node_modules/node-red/red.js", with: [])
        let program = InstanceDefinition.Program.stack(path: stack)
        let system = try preparation().prepare(definition(program), safe: false, avoiding: nil)
        #expect(system.executable == "/usr/bin/node")
        #expect(throws: InstanceTrouble.nodeMissing) {
            try preparation(node: nil).prepare(definition(program), safe: false, avoiding: nil)
        }
        try Files.makeDirectory("\(stack)/node/bin")
        try Files.replace("\(stack)/node/bin/node", with: [], mode: 0o755)
        let carried = try preparation(node: nil)
            .prepare(definition(program), safe: false, avoiding: nil)
        #expect(carried.executable == "\(stack)/node/bin/node")
        #expect(carried.environment.first == "PATH=\(stack)/node/bin:/usr/local/bin:/usr/bin:/bin")
    }

    @Test("A stack that is not there, and a directory that cannot be made, are told apart")
    func refusals() throws {
        #expect(throws: InstanceTrouble.stackMissing) {
            try preparation().prepare(
                definition(.stack(path: "/nonexistent")), safe: false, avoiding: nil)
        }
        try Files.replace("\(directory.path)/instances", with: [])
        let fault = #expect(throws: InstanceTrouble.self) {
            try preparation().prepare(definition(), safe: false, avoiding: nil)
        }
        #expect(fault?.alarm == .instanceCrashed)
    }

    @Test(
        "What is written down of a process comes back as it was",
        arguments: [
            InstanceMachine.Standing.starting, .listening, .running, .safe, .halted,
            .missingTypes(["a b", "\"ü\""]),
        ])
    func processFile(_ standing: InstanceMachine.Standing) throws {
        let file = ProcessFile(
            identity: ProcessIdentity(pid: 4711, startTicks: .max), bootID: "b", nonce: "n",
            port: 20_001, alivePath: "/-/x/lineside/alive",
            startedAt: Timestamp(milliseconds: 5), restarts: 2, standing: standing)
        let path = "\(directory.path)/process.json"
        try file.write(to: path)
        #expect(ProcessFile(path: path) == file)
        try Files.replace(path, with: Array("{\"format\":1,\"pid\":1}".utf8))
        #expect(ProcessFile(path: path) == nil)
    }
}
