import Basics
import Glibc
import LinesideTesting
import Testing

/// What the answer to a deploy promises: whoever is killed when, the deploy is there afterwards.
/// On a real Node-RED where `LINESIDE_TEST_STACK` names one (.tgz), else on the practice runtime.
@Suite("Deploys and kills", .timeLimit(.minutes(60)))
struct DeployKillTests {
    /// 8 kills, half of them of the appliance; 200 with `LINESIDE_LONG=1`.
    static let rounds = getenv("LINESIDE_LONG") == nil ? 8 : 200

    let directory = try? TemporaryDirectory()

    @Test("No acknowledged deploy is lost, whichever of the two is killed")
    func kills() async throws {
        let directory = try #require(directory)
        let state = "\(directory.path)/state"
        var site = try await BuiltLineside(
            state: state, administrator: "ada:correct horse battery")
        let stack = try await site.addTestStack()
        let id = try await createInstance(try await signedIn(site), stack: stack)
        var acknowledged: [String] = []
        for round in 1...Self.rounds {
            let client = try await signedIn(site)
            let pid = try #require(try await client.running(id)["pid"]?.int)
            let calm = "calm-\(round)"
            if try await deploy(calm, client, id) { acknowledged.append(calm) }
            // This one races with the kill: it counts only if it was answered.
            let raced = "raced-\(round)"
            let race = Task { (try? await self.deploy(raced, client, id)) ?? false }
            // Not a wait: the kill shall come at any moment of the deploy.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...120)))
            if round.isMultiple(of: 2) {
                try await site.kill()
                if await race.value { acknowledged.append(raced) }
                site = try await BuiltLineside(state: state)
            } else {
                kill(pid_t(pid), SIGKILL)
                if await race.value { acknowledged.append(raced) }
                _ = try await eventually("another process", within: .seconds(60)) {
                    let now = try await client.get("/api/v1/instances/\(id)")
                    return now["state"] == "running" && now["pid"].int != pid ? true : nil
                }
            }
        }
        let client = try await signedIn(site)
        _ = try await client.running(id)
        let kept = try await markers(client, id)
        #expect(acknowledged.count >= Self.rounds)
        #expect(acknowledged.filter { !kept.contains($0) } == [])
        _ = try await client.post("/api/v1/instances/\(id)/actions", ["action": "stop"])
        _ = try await eventually("a stopped instance", within: .seconds(60)) {
            try await client.get("/api/v1/instances/\(id)")["state"] == "stopped" ? true : nil
        }
        #expect(try await site.stop() == 0)
    }

    private func signedIn(_ site: BuiltLineside) async throws -> CurlClient {
        let client = try CurlClient(site.origin)
        #expect(try await client.signIn("ada", "correct horse battery").status == 201)
        return client
    }

    private func createInstance(_ client: CurlClient, stack: String?) async throws -> String {
        let application = try await client.firstApplication()
        var wish: JSONValue = ["name": "Press", "flows": Self.flows("first")]
        if let stack { wish = replacing(wish, "stack", .string(stack)) }
        let created = try await client.post(
            "/api/v1/applications/\(application)/instances", wish)
        #expect(created.status == 201, "\(created.text)")
        return try #require(created["id"].string)
    }

    private static func flows(_ marker: String) -> JSONValue {
        [["id": "t1", "type": "tab", "label": "Line 3", "info": .string(marker)]]
    }

    /// Whether it was acknowledged.
    private func deploy(
        _ marker: String, _ client: CurlClient, _ id: String
    ) async throws -> Bool {
        try await client.put("/api/v1/instances/\(id)/flows", ["flows": Self.flows(marker)])
            .status == 200
    }

    /// What stands in any of the versions.
    private func markers(_ client: CurlClient, _ id: String) async throws -> Set<String> {
        var markers: Set<String> = []
        var path: String? = "/api/v1/instances/\(id)/versions?limit=100"
        while let page = path {
            let list = try await client.get(page)
            for version in list["items"].array ?? [] {
                let version = try #require(version["id"]?.string)
                let flows = try await client.get(
                    "/api/v1/instances/\(id)/versions/\(version)/flows")
                if let marker = flows.json.array?.first?["info"]?.string { markers.insert(marker) }
            }
            path = list["next"].string.map {
                "/api/v1/instances/\(id)/versions?limit=100&cursor=\($0)"
            }
        }
        return markers
    }
}
