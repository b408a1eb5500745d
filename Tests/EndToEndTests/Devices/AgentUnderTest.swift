import Basics
import Domain
import Glibc
import LinesideTesting
import Site

/// `lineside agent` as a process of its own.
struct AgentUnderTest {
    let directory: TemporaryDirectory
    let paths: AgentPaths
    let port = FreePort.pick()

    init() throws {
        directory = try TemporaryDirectory()
        paths = AgentPaths("\(directory.path)/agent")
        try Files.makeDirectory(paths.root)
    }

    struct NotReady: Error { let log: String }

    var logFile: String { "\(directory.path)/agent.log" }

    var log: String {
        String(decoding: (try? Files.read(logFile)) ?? [], as: UTF8.self)
    }

    /// - Parameter prefix: a program that starts it, with its arguments.
    func start(_ prefix: [String] = []) async throws -> ProgramUnderTest {
        let all =
            prefix + [
                BuiltLineside.executable, "agent", "--state", paths.root, "--practice",
                "--log-level", "debug",
            ]
        let program = try ProgramUnderTest(all[0], Array(all.dropFirst()), errors: logFile)
        let log = logFile
        try await withLimit(waitingFor: "the agent to be ready") {
            for await line in program.lines where line.hasPrefix("ready ") { return }
            let text = String(decoding: (try? Files.read(log)) ?? [], as: UTF8.self)
            throw NotReady(log: String(text.suffix(2000)))
        }
        return program
    }

    /// What the page of the flows says.
    func page(_ device: Device.ID) async -> String? {
        guard let client = try? CurlClient("http://127.0.0.1:\(port)"),
            let answer = try? await client.get("/d/\(device)/v"), answer.status == 200
        else { return nil }
        return answer.text
    }

    static func flows(_ text: String, extra: String = "") -> String {
        """
        [{"id":"tab0000000000001","type":"tab","label":"t"},
        {"id":"in00000000000001","type":"http in","z":"tab0000000000001","url":"/v",
        "method":"get","wires":[["tp00000000000001"]]},
        {"id":"tp00000000000001","type":"template","z":"tab0000000000001","field":"payload",
        "template":"\(text)","wires":[["out0000000000001"]]},
        {"id":"out0000000000001","type":"http response","z":"tab0000000000001","wires":[]}
        \(extra)]
        """
    }
}
