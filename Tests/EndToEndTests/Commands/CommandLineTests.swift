import Basics
import LinesideTesting
import Testing

@Suite("Command line", .timeLimit(.minutes(10))) struct CommandLineTests {
    func run(_ arguments: [String]) async throws -> (status: Int32, out: [String], err: String) {
        let directory = try TemporaryDirectory()
        let errors = "\(directory.path)/err"
        let program = try ProgramUnderTest(BuiltLineside.executable, arguments, errors: errors)
        var lines: [String] = []
        for await line in program.lines { lines.append(line) }
        let status = await program.exitStatus()
        return (status, lines, String(decoding: try Files.read(errors), as: UTF8.self))
    }

    @Test("The version is one line")
    func version() async throws {
        let result = try await run(["version"])
        #expect(result.status == 0)
        #expect(result.out == ["Lineside \(Product.version)"])
    }

    @Test("Help goes to standard output with 0, a mistake to standard error with 2")
    func help() async throws {
        let help = try await run(["--help"])
        #expect(help.status == 0)
        #expect(help.out.contains { $0.contains("check-config") })
        let mistake = try await run(["check-config", "--colour"])
        #expect(mistake.status == 2)
        #expect(mistake.out.isEmpty)
        #expect(mistake.err.contains("--colour"))
        #expect(try await run([]).status == 2)
        #expect(try await run(["nonsense"]).status == 2)
    }

    @Test("A wrong configuration is refused with its file and line")
    func checkConfig() async throws {
        let directory = try TemporaryDirectory()
        let file = "\(directory.path)/lineside.yaml"
        try Files.replace(file, with: Array("listen:\n  platfrom: 1\n".utf8))
        let result = try await run(["check-config", file])
        #expect(result.status == 1)
        #expect(result.err.contains("\(file): line 2: there is no key 'listen.platfrom'"))
        try Files.replace(file, with: Array("listen: {platform: 9000}\n".utf8))
        let right = try await run(["check-config", file])
        #expect(right.status == 0)
        #expect(right.out.contains("listen.platform: 9000"))
    }
}
