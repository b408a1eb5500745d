import Basics
import Glibc
import LinesideTesting
import Synchronization
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
        try await eventually("a running instance") {
            let now = try await self.get("/api/v1/instances/\(id)")
            return now["state"] == "running" ? now.json : nil
        }
    }
}

/// Waits until all that was acknowledged is kept: a site answers before it has emptied the spool of
/// each instance.
func nothingIsLost(
    of acknowledged: [String], _ history: [String] = [],
    kept: @escaping @Sendable () async throws -> Set<String>
) async throws {
    let missing = Mutex(acknowledged)
    do {
        _ = try await eventually("every acknowledged deploy") {
            let kept = try await kept()
            let left = acknowledged.filter { !kept.contains($0) }
            missing.withLock { $0 = left }
            return left.isEmpty ? true : nil
        }
    } catch is LimitExceeded {
        let lost = missing.withLock { $0 }
        Issue.record("\(lost) were acknowledged and are gone; \(history)")
    }
}

/// Kills the process of an instance as a power cut would. A number that is told a moment later may
/// be another program's: it must work in the directory of the test.
func killInstance(_ pid: Int64, under directory: TemporaryDirectory) {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/\(pid)/cwd", &buffer, buffer.count)
    let place = buffer.prefix(max(count, 0)).map(UInt8.init(bitPattern:))
    if String(decoding: place, as: UTF8.self).hasPrefix("\(directory.path)/") {
        kill(pid_t(pid), SIGKILL)
    }
}
