import Basics
import Glibc
import LinesideTesting
import Testing

/// Steps that more than one test takes with a built site.
extension BuiltLineside {
    /// Adds the Node-RED that `LINESIDE_TEST_STACK` names.
    /// - Returns: its id; `nil` where none is named, so that the practice runtime stands in.
    func addTestStack() async throws -> String? {
        guard let file = getenv("LINESIDE_TEST_STACK").map({ String(cString: $0) }),
            file.hasSuffix(".tgz")
        else { return nil }
        let added = try await command("stack", "add", file)
        #expect(added.status == 0)
        return added.output.first?.split(separator: "\t").first.map(String.init)
    }
}

extension CurlClient {
    func firstApplication() async throws -> String {
        let teams = try await get("/api/v1/teams")
        let team = try #require(teams["items"].array?.first?["id"]?.string, "\(teams.text)")
        let path = "/api/v1/teams/\(team)/applications"
        let applications = try await get(path)
        if let first = applications["items"].array?.first?["id"]?.string { return first }
        let made = try await post(path, ["name": "Line 3"])
        return try #require(made["id"].string, "\(made.text)")
    }

    /// The instance's view, once it runs.
    func running(_ id: String) async throws -> JSONValue {
        try await eventually("a running instance", within: .seconds(90)) {
            let now = try await self.get("/api/v1/instances/\(id)")
            return now["state"] == "running" ? now.json : nil
        }
    }
}
