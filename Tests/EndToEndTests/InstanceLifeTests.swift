import Basics
import Glibc
import LinesideTesting
import Testing

/// One instance from its creation to a crash of everything around it, with the built executable.
/// On a real Node-RED where `LINESIDE_TEST_STACK` names one (.tgz), else on the practice runtime.
@Suite("The life of an instance", .timeLimit(.minutes(10)))
struct InstanceLifeTests {
    let directory = try? TemporaryDirectory()

    /// A flow that answers `GET hello` with a word.
    static func flows(answering word: String) -> JSONValue {
        [
            ["id": "t1", "type": "tab", "label": "Line 3"],
            [
                "id": "in1", "type": "http in", "z": "t1", "name": "", "url": "/hello",
                "method": "get", "upload": false, "x": 100, "y": 100, "wires": [["f1"]],
            ],
            [
                "id": "f1", "type": "function", "z": "t1", "name": "word",
                "func": .string("msg.payload = '\(word)'; return msg;"), "outputs": 1,
                "timeout": 0, "noerr": 0, "initialize": "", "finalize": "", "libs": [], "x": 300,
                "y": 100, "wires": [["out1"]],
            ],
            [
                "id": "out1", "type": "http response", "z": "t1", "name": "", "statusCode": "200",
                "headers": [:], "x": 500, "y": 100, "wires": [],
            ],
        ]
    }

    @Test("Created, deployed, restored, killed and adopted without losing anything")
    func life() async throws {
        let directory = try #require(directory)
        let state = "\(directory.path)/state"
        var site = try await BuiltLineside(
            state: state, administrator: "ada:correct horse battery")
        let client = try CurlClient(site.origin)
        #expect(try await client.signIn("ada", "correct horse battery").status == 201)
        let stack = try await site.addTestStack()

        // Created, and it runs.
        let application = try await client.firstApplication()
        var wish: JSONValue = ["name": "Press OEE", "flows": Self.flows(answering: "one")]
        if let stack { wish = replacing(wish, "stack", .string(stack)) }
        let created = try await client.post(
            "/api/v1/applications/\(application)/instances", wish)
        #expect(created.status == 201, "\(created.text)")
        let id = try #require(created["id"].string)
        var instance = try await client.running(id)
        #expect(instance["practice"] == .bool(stack == nil))

        // It answers over HTTPS once its pages are open to everybody.
        #expect(
            try await client.send("PATCH", "/api/v1/instances/\(id)", json: ["access": "open"])
                .status == 200)
        let page = try #require(instance["url"]?.string) + "hello"
        try await answers(page, "one")

        // A deploy through the API and one through the editor, each a version.
        let put = try await client.put(
            "/api/v1/instances/\(id)/flows", ["flows": Self.flows(answering: "two")])
        #expect(put.status == 200, "\(put.text)")
        try await answers(page, "two")
        try await deployInEditor(client, id, Self.flows(answering: "three"))
        try await answers(page, "three")
        let versions = try await versions(client, id, atLeast: 3)

        // Back to the first one.
        let first = try #require(versions.last?["id"]?.string)
        let restored = try await client.post(
            "/api/v1/instances/\(id)/restore", ["version": .string(first)])
        #expect(restored.status == 200, "\(restored.text)")
        try await answers(page, "one")

        // Node-RED dies and comes back by itself.
        instance = try await client.running(id)
        let before = try #require(instance["pid"]?.int)
        killInstance(before, under: directory)
        instance = try await eventually("another process") {
            let now = try await client.get("/api/v1/instances/\(id)")
            return now["state"] == "running" && now["pid"].int != before ? now.json : nil
        }
        try await answers(page, "one")

        // The appliance dies; Node-RED is untouched, and the next start takes it over.
        let pid = try #require(instance["pid"]?.int)
        let started = startTime(pid)
        #expect(started != nil)
        try await site.kill()
        #expect(startTime(pid) == started)
        site = try await BuiltLineside(state: state)
        let later = try CurlClient(site.origin)
        #expect(try await later.signIn("ada", "correct horse battery").status == 201)
        let adopted = try await later.running(id)
        #expect(adopted["pid"]?.int == pid)
        #expect(startTime(pid) == started)
        try await answers(try #require(adopted["url"]?.string) + "hello", "one")
        #expect(try await self.versions(later, id, atLeast: 4).count >= 4)

        // Stopped means stopped, and the site leaves nothing behind that it was told to end.
        #expect(
            try await later.post(
                "/api/v1/instances/\(id)/actions", ["action": "stop"]
            ).status == 202)
        _ = try await eventually("the end of the process") { startTime(pid) == nil ? true : nil }
        #expect(try await site.stop() == 0)
    }

    private func versions(
        _ client: CurlClient, _ id: String, atLeast count: Int
    ) async throws -> [JSONValue] {
        try await eventually("\(count) versions") {
            let list = try await client.get("/api/v1/instances/\(id)/versions")
            let items = list["items"].array ?? []
            return items.count >= count ? items : nil
        }
    }

    private func answers(_ url: String, _ word: String) async throws {
        let visitor = try CurlClient(Self.origin(of: url))
        _ = try await eventually("'\(word)' from \(url)") {
            let answer = try await visitor.get(url)
            return answer.status == 200 && answer.text == word ? true : nil
        }
    }

    /// As the platform's page does it: a code, a form, a cookie, then Node-RED's own admin API.
    private func deployInEditor(
        _ client: CurlClient, _ id: String, _ flows: JSONValue
    ) async throws {
        let opened = try await client.post("/api/v1/instances/\(id)/editor", [:])
        #expect(opened.status == 200 || opened.status == 201, "\(opened.text)")
        let url = try #require(opened["url"].string)
        let code = try #require(opened["code"].string)
        let editor = try CurlClient(Self.origin(of: url))
        let entered = try await editor.send(
            "POST", url, form: "code=\(code)", headers: ["origin": client.origin])
        #expect(entered.status == 303, "\(entered.text)")
        let root = try #require(entered.header("location"))
        let v2 = ["node-red-api-version": "v2"]
        let current = try await editor.send("GET", "\(root)flows", headers: v2)
        #expect(current.status == 200, "\(current.text)")
        let deployed = try await editor.send(
            "POST", "\(root)flows", json: ["flows": flows, "rev": current["rev"]],
            headers: v2.merging(["node-red-deployment-type": "full"]) { _, new in new })
        #expect(deployed.status == 200, "\(deployed.text)")
        // The same code a second time is worth nothing.
        let again = try await editor.send(
            "POST", url, form: "code=\(code)", headers: ["origin": client.origin])
        #expect(again.status >= 400)
    }

    private static func origin(of url: String) -> String {
        url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true).prefix(2)
            .joined(separator: "//")
    }
}

/// When a process started, in ticks since the boot; `nil` where there is none. With the pid it names
/// one process, which a pid alone does not.
private func startTime(_ pid: Int64) -> String? {
    guard let bytes = try? Files.read("/proc/\(pid)/stat") else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    // The name in parentheses may hold anything, so what counts is behind the last one.
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    // Field 3 is the state (a zombie has ended), field 22 the start (proc(5)).
    guard fields.count > 19, fields[0] != "Z" else { return nil }
    return String(fields[19])
}
