import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Processes
import Site
import Store
import Testing

/// On the practice runtime, and on real Node-RED where `LINESIDE_TEST_STACK` names the directory
/// of a stack.
@Suite(
    "Deploys of an instance", .timeLimit(.minutes(10)),
    .enabled(
        if: StartPreparation.nodeOnPath() != nil,
        "no node on PATH: nothing that needs a real process of Node.js is tested"))
struct InstanceDeployTests {
    private final class House: Sendable {
        let site: InstanceSite
        let key: SigningKey
        let instance: Instance
        let registry: InstanceRegistry
        private let task: Task<Void, any Error>

        init(stack: String?) async throws {
            site = try await InstanceSite()
            key = try SigningKey.generate()
            let vault = Vault(directory: "\(site.directory.path)/vault")
            try await vault.prepare()
            instance = try await site.instance("Press OEE", .stopped)
            if stack != nil {
                let row = try await site.factory.stack("Node-RED")
                _ = try await site.stores.instances.update(
                    instance.id, InstanceStore.Change(stack: .some(row.id)), by: .site)
            }
            let parts = InstanceParts(
                stores: site.stores, sealer: site.sealer, editorKey: key,
                recorder: VersionRecorder(vault: vault, stores: site.stores), bus: site.bus,
                state: site.directory.path, stackPath: { _ in stack ?? "" },
                allowsPractice: stack == nil, stopsOnExit: true)
            let (alarms, instances) = try InstanceRegistry.assemble(
                parts, runtime: RuntimeFiles(root: SupervisedInstance.checkout))
            registry = instances
            task = Task { try await ServiceGroup([alarms, instances]).run() }
        }

        func running() async throws -> InstanceStatus {
            let changes = registry.observe()
            await registry.start(instance.id)
            return try await withLimit(.seconds(90), waitingFor: "running flows") {
                for await status in changes where status.state == .running { return status }
                throw CancellationError()
            }
        }

        func deploy(_ flows: JSONValue, port: Int) async throws -> ClientAnswer {
            let token = try EditorTokens(key: key).sign(
                for: instance.id, user: "anna", rights: .full)
            let client = try CurlClient("http://127.0.0.1:\(port)")
            return try await client.send(
                "POST", "/-/press-oee/flows", json: ["flows": flows],
                headers: ["x-lineside-token": token, "node-red-api-version": "v2"])
        }

        func versions(_ count: Int) async throws -> [Version] {
            let (stores, id) = (site.stores, instance.id)
            return try await eventually("version \(count)") {
                let items = try await stores.versions.list(of: id).items
                return items.count >= count ? items : nil
            }
        }

        func end() async throws {
            task.cancel()
            try await task.value
        }
    }

    private static let tab: JSONValue = ["id": "t1", "type": "tab", "label": "Line 3"]

    private func deploysBecomeVersions(stack: String?) async throws {
        let house = try await House(stack: stack)
        let port = try #require(try await house.running().port)
        let answer = try await house.deploy(.array([Self.tab]), port: port)
        #expect(answer.status == 200, "\(answer.text)")
        let version = try #require(try await house.versions(1).first)
        #expect(version.by == "anna" && version.source == .editor && version.number == 1)
        let kept = try InstanceFiles(house.site.layout(house.instance)).read().flows
        #expect(version.flows.hex == Hex.encode(Digest.sha256(try #require(kept))))
        let spool = house.site.layout(house.instance).spool
        let left = try await eventually("the spool to be empty") {
            try Files.list(spool).isEmpty ? true : nil
        }
        #expect(left)
        try await house.end()
        #expect(house.registry.status(of: house.instance.id).state == .stopped)
    }

    @Test("A deploy in the practice runtime becomes a version, byte by byte")
    func practice() async throws { try await deploysBecomeVersions(stack: nil) }

    @Test(
        "A deploy in real Node-RED becomes a version, byte by byte",
        .enabled(
            if: getenv("LINESIDE_TEST_STACK").map { Files.isDirectory(String(cString: $0)) }
                ?? false,
            "LINESIDE_TEST_STACK names no unpacked stack"))
    func nodeRED() async throws {
        let stack = getenv("LINESIDE_TEST_STACK").map { String(cString: $0) }
        try await deploysBecomeVersions(stack: stack)
    }

    /// 200 under LINESIDE_LONG: the number that the promise names.
    @Test("No acknowledged deploy is lost, however often Node-RED is killed")
    func kills() async throws {
        let rounds = getenv("LINESIDE_LONG") == nil ? 8 : 200
        let house = try await House(stack: nil)
        var acknowledged: [String] = []
        for round in 1...rounds {
            let status = try await house.running()
            let port = try #require(status.port)
            let label = "Line \(round)"
            let flows: JSONValue = .array([
                ["id": "t1", "type": "tab", "label": .string(label)]
            ])
            async let answer = house.deploy(flows, port: port)
            if round % 2 == 0, let pid = status.pid {
                // Somewhere between the first byte and a while after the answer.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
                kill(pid, SIGKILL)
            }
            if let answer = try? await answer, answer.status == 200 { acknowledged.append(label) }
            await house.registry.halt(house.instance.id)
        }
        await house.registry.drain(house.instance.id)
        let kept = try await house.site.stores.versions
            .list(of: house.instance.id, PageRequest.first).items
        let vault = Vault(directory: "\(house.site.directory.path)/vault")
        var labels: Set<String> = []
        for version in kept {
            let flows = try JSONReader.read(try await vault.read(version.flows))
            for node in flows.array ?? [] { labels.insert(node["label"]?.string ?? "") }
        }
        #expect(acknowledged.count >= rounds / 2)
        for label in acknowledged { #expect(labels.contains(label), "\(label) was lost") }
        // What a killed process had half written is no deploy; its next start removes it.
        let left = try Files.list(house.site.layout(house.instance).spool)
        #expect(left.compactMap(DeployEntry.id(ofFile:)).isEmpty)
        try await house.end()
    }
}
