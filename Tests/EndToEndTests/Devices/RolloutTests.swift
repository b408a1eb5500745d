import Basics
import Glibc
import LinesideTesting
import Synchronization
import Testing

/// A deployment over simulated devices, each with its own certificate, connection and store, while
/// parts of the site are killed.
@Suite(
    "Roll-out", .timeLimit(.minutes(20)),
    .enabled(if: getenv("LINESIDE_LONG") != nil, "LINESIDE_LONG asks for it"))
struct RolloutTests {
    private static let count = 20

    /// What the simulation said last.
    private final class Tally: Sendable {
        private let value = Mutex<JSONValue>(.null)
        var now: JSONValue { value.withLock { $0 } }
        func take(_ line: String) {
            guard let read = try? JSONReader.read(Array(line.utf8)) else { return }
            value.withLock { $0 = read }
        }
    }

    private func simulate(
        _ site: BuiltLineside, _ directory: TemporaryDirectory, bundle: String
    ) throws -> (ProgramUnderTest, Tally) {
        let program = try ProgramUnderTest(
            BuiltLineside.executable,
            [
                "agent", "--simulate", "\(Self.count)", "--bundle", bundle, "--cache",
                "\(directory.path)/devices", "--server", "127.0.0.1:\(site.port)", "--latency",
                "300", "--fetching", "4",
            ], errors: "\(directory.path)/simulation.log")
        let tally = Tally()
        Task { for await line in program.lines { tally.take(line) } }
        return (program, tally)
    }

    /// The site's Mosquitto, by the socket that it alone listens on.
    private func broker(under state: String) throws -> [Int32] {
        try Files.list("/proc").compactMap { Int32($0) }.filter { pid in
            guard let text = try? Files.read("/proc/\(pid)/cmdline") else { return false }
            let words = text.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.first?.hasSuffix("mosquitto") == true
                && words.contains { $0.hasPrefix("\(state)/") }
        }
    }

    /// What looks like Node-RED and is never run: simulated devices fetch none of it.
    private func addStack(to site: BuiltLineside, _ directory: TemporaryDirectory) async throws {
        let package = "\(directory.path)/package"
        try Files.makeDirectory(package)
        try Files.replace(
            "\(package)/package.json",
            with: Array(#"{"name":"node-red","version":"4.1.3"}"#.utf8))
        try Files.replace("\(package)/red.js", with: Array("// Never run.\n".utf8))
        let archive = "\(directory.path)/stack.tgz"
        let tar = try ProgramUnderTest(
            "/bin/tar", ["-czf", archive, "-C", directory.path, "package"],
            errors: "\(directory.path)/tar.log")
        #expect(await tar.exitStatus() == 0)
        #expect(try await site.command("stack", "add", archive).status == 0)
    }

    private func signedIn(_ site: BuiltLineside) async throws -> CurlClient {
        let client = try CurlClient(site.origin)
        try #require(try await client.signIn("ada", Self.password).status == 201)
        return client
    }

    private static let password = "four staplers at dawn"

    /// Flows that are deployed to an instance which never runs, and named.
    private func snapshot(_ api: CurlClient, application: String) async throws -> String {
        let made = try await api.post(
            "/api/v1/applications/\(application)/instances",
            [
                "name": "Source", "stack": .null, "start": .bool(false),
                "flows": .array([["id": "t1", "type": "tab", "label": "Line"]]),
            ])
        let instance = try #require(made["id"].string, "\(made.text)")
        let named = try await api.post(
            "/api/v1/instances/\(instance)/snapshots", ["name": "Good"])
        return try #require(named["id"].string, "\(named.text)")
    }

    private func devices(_ api: CurlClient) async throws -> [JSONValue] {
        try await api.get("/api/v1/devices?limit=200")["items"].array ?? []
    }

    @Test("Nothing is lost when the broker and the appliance are killed in the middle of it")
    func killed() async throws {
        let directory = try TemporaryDirectory()
        let state = "\(directory.path)/state"
        var site = try await BuiltLineside(
            state: state, administrator: "ada:\(Self.password)")
        let port = site.port
        try await addStack(to: site, directory)
        var api = try await signedIn(site)
        let application = try await api.firstApplication()
        let token = try await api.post(
            "/api/v1/enrolment-tokens",
            [
                "kind": "bundle", "name": "test", "uses": .number("\(Self.count)"),
                "applicationId": .string(application),
            ])
        let bundle = "\(directory.path)/test.enrol"
        try Files.replace(
            bundle, with: Array(try #require(token["bundle"].string, "\(token.text)").utf8))
        let (simulation, tally) = try simulate(site, directory, bundle: bundle)
        defer { simulation.signal(SIGKILL) }
        _ = try await eventually("all devices") {
            tally.now["connected"]?.int == Int64(Self.count) ? true : nil
        }
        let snapshot = try await snapshot(api, application: application)
        let ids = try await devices(api).compactMap { $0["id"]?.string }
        try #require(ids.count == Self.count)
        let made = try await api.post(
            "/api/v1/deployments",
            [
                "applicationId": .string(application), "snapshotId": .string(snapshot),
                "deviceIds": .array(ids.map(JSONValue.string)),
                "plan": [
                    "canary": .number("2"), "percent": .array([.number("50"), .number("100")]),
                    "soakSeconds": .number("1"),
                ],
            ])
        let deployment = try #require(made["id"].string, "\(made.text)")
        let path = "/api/v1/deployments/\(deployment)"
        let first = api
        _ = try await eventually("the canary") {
            try await first.get(path)["counts"]["updated"]?.int ?? 0 >= 2 ? true : nil
        }
        for pid in try broker(under: state) { kill(pid, SIGKILL) }
        _ = try await eventually("some more") {
            try await first.get(path)["counts"]["updated"]?.int ?? 0 >= 6 ? true : nil
        }
        try await site.kill()
        site = try await BuiltLineside(state: state, port: port)
        api = try await signedIn(site)
        let second = api
        let end = try await eventually("the end of the deployment") {
            let now = try await second.get(path)
            return now["state"].string == "finished" ? now.json : nil
        }
        #expect(end["counts"]?["updated"]?.int == Int64(Self.count))
        #expect(end["counts"]?["failed"]?.int == 0)
        for device in try await devices(api) {
            #expect(device["running"]?["id"]?.string == snapshot, "\(device)")
        }
    }
}
