import Basics
import Glibc
import LinesideTesting
import Testing

/// Acknowledged means kept: deploys go on while Node-RED and the appliance are killed at any moment.
/// 200 kills with `LINESIDE_LONG=1`, a few otherwise. On a real Node-RED where `LINESIDE_TEST_STACK`
/// names one (.tgz), else on the practice runtime.
@Suite("Deploys under fire", .timeLimit(.minutes(getenv("LINESIDE_LONG") == nil ? 15 : 120)))
struct DeployLossTests {
    let directory = try? TemporaryDirectory()

    @Test("No deploy that was answered with success is missing after random kills")
    func kills() async throws {
        let directory = try #require(directory)
        let state = "\(directory.path)/state"
        var site = try await BuiltLineside(
            state: state, administrator: "ada:correct horse battery")
        let session = try CurlClient(site.origin)
        #expect(try await session.signIn("ada", "correct horse battery").status == 201)
        let token = try #require(
            try await session.post(
                "/api/v1/user/tokens",
                ["name": "deployer", "readOnly": false, "scope": "site", "expiresAt": .null])[
                    "secret"
                ].string)
        var client = try CurlClient(site.origin, bearer: token)
        let id = try await makeInstance(client, stack: try await site.addTestStack())

        var acknowledged: [String] = []
        var history: [String] = []
        for round in 0..<(getenv("LINESIDE_LONG") == nil ? 8 : 200) {
            let pid = try await readyProcess(client, id)
            let word = "round-\(round)"
            let deployer = client
            let deploy = Task {
                try await deployer.put(
                    "/api/v1/instances/\(id)/flows",
                    ["flows": InstanceLifeTests.flows(answering: word)])
            }
            let delay = Int.random(in: 0...250)
            let hitsAppliance = Bool.random()
            // Of four kills one comes after the answer, so that on every machine there are some.
            let waits = round % 4 == 0
            history.append(
                "\(word): \(hitsAppliance ? "appliance" : "node") "
                    + (waits ? "after the answer" : "after \(delay) ms"))
            if waits {
                _ = try? await deploy.value
            } else {
                // Not waited for anything: the kill shall come at any moment of the deploy.
                try await Task.sleep(for: .milliseconds(delay))
            }
            if hitsAppliance {
                try await site.kill()
            } else {
                killInstance(pid, under: directory)
            }
            // An answer that never came promised nothing.
            if let answer = try? await deploy.value, answer.status == 200 {
                acknowledged.append(word)
            }
            if hitsAppliance {
                site = try await BuiltLineside(state: state)
                client = try CurlClient(site.origin, bearer: token)
            }
        }
        _ = try await readyProcess(client, id)
        let asker = client
        try await nothingIsLost(of: acknowledged, history) {
            try await deployedWords(asker, id)
        }
        // The first word is sent to an instance that was never killed.
        #expect(acknowledged.contains("round-0"), "\(history)")
        let stop = try await client.post(
            "/api/v1/instances/\(id)/actions", ["action": "stop"])
        #expect(stop.status == 202)
        let last = client
        _ = try await eventually("the end of the instance") {
            try await last.get("/api/v1/instances/\(id)")["pid"].isNull ? true : nil
        }
        #expect(try await site.stop() == 0)
    }

    private func makeInstance(_ client: CurlClient, stack: String?) async throws -> String {
        let application = try await client.firstApplication()
        var wish: JSONValue = [
            "name": "Under fire", "flows": InstanceLifeTests.flows(answering: "first"),
        ]
        if let stack { wish = replacing(wish, "stack", .string(stack)) }
        let made = try await client.post(
            "/api/v1/applications/\(application)/instances", wish)
        return try #require(made["id"].string, "\(made.text)")
    }

    /// The process of the instance once it takes deploys, in safe mode too: so many kills look like
    /// a crash loop, and end in a state from which somebody must start it.
    private func readyProcess(_ client: CurlClient, _ id: String) async throws -> Int64 {
        try await eventually("an instance that takes deploys") {
            let instance = try await client.get("/api/v1/instances/\(id)")
            switch instance["state"].string {
            case "running", "safe": return instance["pid"].int
            case "crashed":
                _ = try await client.post(
                    "/api/v1/instances/\(id)/actions", ["action": "start"])
                return nil
            default: return nil
            }
        }
    }

    /// The word of every version that is kept.
    private func deployedWords(_ client: CurlClient, _ id: String) async throws -> Set<String> {
        var words: Set<String> = []
        var cursor = ""
        while true {
            let page = try await client.get(
                "/api/v1/instances/\(id)/versions?limit=200\(cursor)")
            for version in page["items"].array ?? [] {
                let number = try #require(version["id"]?.string)
                let flows = try await client.get(
                    "/api/v1/instances/\(id)/versions/\(number)/flows")
                #expect(flows.status == 200, "\(flows.text)")
                for node in flows.json.array ?? [] where node["type"] == "function" {
                    let code = node["func"]?.string ?? ""
                    if let word = code.split(separator: "'").dropFirst().first {
                        words.insert(String(word))
                    }
                }
            }
            guard let next = page["next"].string else { return words }
            cursor = "&cursor=\(PercentCoding.encode(next))"
        }
    }
}
