import Basics
import Glibc
import LinesideTesting
import Testing

/// On a real Node-RED where `LINESIDE_TEST_STACK` names one (.tgz), else on the practice runtime.
@Suite("Kills of the appliance", .timeLimit(.minutes(getenv("LINESIDE_LONG") == nil ? 15 : 120)))
struct ApplianceKillTests {
    /// An editor that stands open in a browser.
    private struct Editor {
        let browser: CurlClient
        let root: String

        /// - Returns: whether it was acknowledged.
        func deploy(_ label: String) async -> Bool {
            let tab: JSONValue = ["id": "t1", "type": "tab", "label": .string(label)]
            let answer = try? await browser.send(
                "POST", "\(root)flows", json: ["flows": .array([tab])],
                headers: ["node-red-api-version": "v2"])
            return answer?.status == 200
        }
    }

    private static let password = "correct horse battery"

    @Test("No deploy that an editor saw acknowledged is lost, however often the appliance dies")
    func kills() async throws {
        // 200: the number that the promise names.
        let rounds = getenv("LINESIDE_LONG") == nil ? 4 : 200
        let directory = try TemporaryDirectory()
        let state = "\(directory.path)/state"
        var instance: String?
        var acknowledged: [String] = []
        for round in 1...rounds {
            let site = try await BuiltLineside(
                state: state, administrator: "ada:\(Self.password)")
            let client = try await signedIn(site)
            if instance == nil { instance = try await create(client, site) }
            let id = try #require(instance)
            try await runs(client, id)
            let editor = try await open(client, id)
            let label = "Line \(round)."
            async let saved = editor.deploy(label)
            if round.isMultiple(of: 2) {
                // No wait for a result: the kill comes anywhere between before and after.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...150)))
                try await site.kill()
                if await saved { acknowledged.append(label) }
            } else {
                if await saved { acknowledged.append(label) }
                try await site.kill()
            }
        }
        #expect(acknowledged.count >= rounds / 2)

        let site = try await BuiltLineside(state: state, arguments: ["--stop-instances"])
        let client = try await signedIn(site)
        let id = try #require(instance)
        try await nothingIsLost(of: acknowledged) { try await labels(client, id) }
        #expect(try await site.stop() == 0)
    }

    private func signedIn(_ site: BuiltLineside) async throws -> CurlClient {
        let client = try CurlClient(site.origin)
        try #require(try await client.signIn("ada", Self.password).status == 201)
        return client
    }

    private func create(_ client: CurlClient, _ site: BuiltLineside) async throws -> String {
        if let stack = getenv("LINESIDE_TEST_STACK").map({ String(cString: $0) }),
            stack.hasSuffix(".tgz")
        {
            #expect(try await site.command("stack", "add", stack).status == 0)
        }
        let team = try #require(
            try await client.get("/api/v1/teams")["items"].array?.first?["id"]?.string)
        let application = try #require(
            try await client.get("/api/v1/teams/\(team)/applications")["items"].array?
                .first?["id"]?.string)
        let made = try await client.post(
            "/api/v1/applications/\(application)/instances", ["name": "Press OEE"])
        return try #require(made["id"].string, "\(made.text)")
    }

    private func runs(_ client: CurlClient, _ id: String) async throws {
        _ = try await eventually("a running instance") {
            try await client.get("/api/v1/instances/\(id)")["state"] == "running" ? true : nil
        }
    }

    private func open(_ client: CurlClient, _ id: String) async throws -> Editor {
        let opened = try await client.post("/api/v1/instances/\(id)/editor", [:])
        let url = try #require(opened["url"].string, "\(opened.text)")
        let code = try #require(opened["code"].string)
        let origin = url.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "//")
        let browser = try CurlClient(origin)
        let entered = try await browser.send(
            "POST", url, form: "code=\(code)", headers: ["origin": client.origin])
        return Editor(browser: browser, root: try #require(entered.header("location")))
    }

    /// The label of every version that is kept.
    private func labels(_ client: CurlClient, _ id: String) async throws -> Set<String> {
        var labels: Set<String> = []
        var path: String? = "/api/v1/instances/\(id)/versions?limit=200"
        while let page = path {
            let list = try await client.get(page)
            for version in list["items"].array ?? [] {
                let one = try #require(version["id"]?.string)
                let flows = try await client.get("/api/v1/instances/\(id)/versions/\(one)/flows")
                #expect(flows.status == 200, "\(flows.text)")
                for node in flows.json.array ?? [] { labels.insert(node["label"]?.string ?? "") }
            }
            path = list["next"].string.map {
                "/api/v1/instances/\(id)/versions?limit=200&cursor=\($0)"
            }
        }
        return labels
    }
}
