import Basics
import Domain
import LinesideTesting
import Site
import Testing

@Suite("A device on its way into a site", .timeLimit(.minutes(10)))
struct AgentEnrolmentTests {
    private func run(_ arguments: [String], _ log: String) async throws -> (Int32, [String]) {
        let program = try ProgramUnderTest(BuiltLineside.executable, arguments, errors: log)
        var lines: [String] = []
        for await line in program.lines { lines.append(line) }
        return (await program.exitStatus(), lines)
    }

    private func said(_ log: String) -> String {
        String(decoding: (try? Files.read(log)) ?? [], as: UTF8.self)
    }

    @Test("comes in with a typed code, once, and not with a wrong one")
    func code() async throws {
        let directory = try TemporaryDirectory()
        let log = "\(directory.path)/log"
        let appliance = try await BuiltLineside(
            state: "\(directory.path)/site", administrator: "admin:correct horse battery")
        let (_, made) = try await run(
            ["bundle", "press", "--code", "--state", appliance.state], log)
        let code = try #require(made.last)
        func enrol(_ code: String, _ name: String) async throws -> Int32 {
            try await run(
                [
                    "agent", "enrol", "--code", code, "--server", appliance.origin, "--state",
                    "\(directory.path)/\(name)",
                ], log
            ).0
        }
        #expect(try await enrol("AAAAA-AAAAA-AAAAA-AAAAA", "stranger") == 1)
        #expect(try await enrol(code, "device") == 0)
        let identity = try AgentIdentityFile(AgentPaths("\(directory.path)/device")).load()
        #expect(identity.identity.brokerName.hasPrefix("device:"))
        #expect(try await enrol(code, "second") == 1)
        #expect(said(log).contains("used up by another device"))
        #expect(try await enrol(code, "device") == 1)
        #expect(said(log).contains("This device came in with this bundle or code already"))
        // Instead of a bundle, what belongs elsewhere.
        var answer = JSONWriter()
        answer.object { json in
            json.field("v", 1)
            json.field("kind", CarriedAnswer.kind)
            json.field("sealed", String(repeating: "x", count: 5_000))
        }
        let file = "\(directory.path)/press.answer"
        try Files.replace(file, with: answer.bytes)
        #expect(
            try await run(["agent", "enrol", file, "--state", "\(directory.path)/third"], log).0
                == 1)
        #expect(said(log).contains("This is no bundle"))
        #expect(try await appliance.stop() == 0)
    }
}
