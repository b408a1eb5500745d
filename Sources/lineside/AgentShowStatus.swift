import Basics
import HTTP
import Site

/// `lineside agent status`: for the technician who stands before the device.
struct AgentShowStatus: Command {
    static let name = "agent status"
    static let synopsis = "[--json]"
    static let summary = "Says what runs on this device, since when, and what is wrong."
    static let details = """
          --json       everything, for programs
          --state DIR  where the device keeps what it needs (\(AgentPaths.defaultState))
        """

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments, options: [.init("--json"), .init("--state", "DIR")])
    }

    func run() throws {
        let socket = AdminSocket(state: StatePaths(try AgentOption.state(arguments)))
        let answer = try socket.call(.get, "/agent/status")
        guard !arguments.has("--json") else {
            var json = JSONWriter()
            json.value(answer)
            return Output.line(String(decoding: json.bytes, as: UTF8.self))
        }
        for (name, value) in Self.lines(answer) {
            let pad = String(repeating: " ", count: max(1, 14 - name.count))
            Output.line("\(name)\(pad)\(value)")
        }
    }

    static func lines(_ answer: JSONValue) -> [(String, String)] {
        let status = answer["status"] ?? .null
        let transaction = status["transaction"] ?? .null
        var lines = [
            ("Device", "\(answer["name"]?.string ?? "-") (\(answer["device"]?.string ?? "-"))"),
            ("Appliance", Self.contact(answer)),
            ("Snapshot", answer["snapshot"]?.string ?? "none"),
            ("Node-RED", status["state"]?.string ?? "-"),
            ("Running since", answer["since"]?.string ?? "-"),
            ("Port", answer["port"]?.int.map { "\($0)" } ?? "-"),
            ("Update", Self.phase(transaction)),
        ]
        if let reason = transaction["reason"]?.string { lines.append(("Reason", reason)) }
        if let problem = status["problem"]?.string { lines.append(("Problem", problem)) }
        lines.append(("Version", status["agentVersion"]?.string ?? "-"))
        return lines
    }

    private static func contact(_ answer: JSONValue) -> String {
        let servers = answer["servers"]?.array?.compactMap(\.string).joined(separator: ", ") ?? ""
        if answer["connected"]?.bool == true { return "connected (\(servers))" }
        let last = answer["lastContact"]?.string ?? "never since this start"
        return "not connected (\(servers)); last contact: \(last)"
    }

    private static func phase(_ transaction: JSONValue) -> String {
        let phase = transaction["phase"]?.string ?? "-"
        guard let done = transaction["done"]?.int, let of = transaction["of"]?.int, of > 0 else {
            return phase
        }
        return "\(phase), \(done * 100 / of) % of \(of) bytes"
    }
}
