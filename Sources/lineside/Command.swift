import Basics

/// One subcommand.
protocol Command: Sendable {
    /// "stack add": one word or two.
    static var name: String { get }
    /// What may stand behind the name.
    static var synopsis: String { get }
    /// A sentence for the list of commands.
    static var summary: String { get }
    /// More lines for `--help`, each option on one.
    static var details: String { get }
    /// Whether it is left out of the list: started by the appliance itself.
    static var isInternal: Bool { get }

    init(_ arguments: [String]) throws(UsageError)

    /// - Throws: `UsageError` → 2; `CommandFailure` and everything else → 1, with a sentence.
    func run() async throws
}

extension Command {
    static var details: String { "" }
    static var isInternal: Bool { false }
}

/// A subcommand as the list of them holds it.
struct Entry: Sendable {
    let name: String
    let synopsis: String
    let summary: String
    let details: String
    let isInternal: Bool
    let run: @Sendable ([String]) async throws -> Void

    init<C: Command>(_ command: C.Type) {
        name = C.name
        synopsis = C.synopsis
        summary = C.summary
        details = C.details
        isInternal = C.isInternal
        run = { try await C($0).run() }
    }
}

/// Every subcommand, in the order of `lineside --help`.
enum Commands {
    static let all = [
        Entry(Serve.self), Entry(CheckConfig.self), Entry(MakeSetupCode.self),
        Entry(ResetPassword.self), Entry(StackAdd.self), Entry(StackList.self),
        Entry(StackRemove.self), Entry(MakeBundle.self), Entry(AgentEnrol.self),
        Entry(AgentRequest.self), Entry(AgentImport.self), Entry(AgentShowStatus.self),
        Entry(AgentRun.self), Entry(Recover.self), Entry(RequestAuthority.self),
        Entry(SealKit.self), Entry(RunSigner.self), Entry(RunUnitDesk.self),
        Entry(RunInstance.self), Entry(PrintVersion.self),
    ]

    static var help: String {
        let shown = all.filter { !$0.isInternal }
        let width = shown.map { $0.name.count }.max() ?? 0
        let lines = shown.map { command in
            "  " + command.name + String(repeating: " ", count: width - command.name.count + 2)
                + command.summary
        }
        return """
            Lineside runs, edits, versions and restores Node-RED for a plant.

            lineside COMMAND [options]
            \(lines.joined(separator: "\n"))

            lineside COMMAND --help says more.
            """
    }

    static func help(for command: Entry) -> String {
        let head = "lineside \(command.name) \(command.synopsis)".trimmingTrailingSpaces()
        let details = command.details.isEmpty ? "" : "\n\n\(command.details)"
        return "\(head)\n\n\(command.summary)\(details)"
    }

    /// - Returns: The exit status of the program.
    static func run(_ arguments: [String]) async -> Int32 {
        guard let first = arguments.first, !["--help", "-h", "help"].contains(first) else {
            Output.line(help)
            return arguments.isEmpty ? 2 : 0
        }
        let second = arguments.dropFirst().first.map { "\(first) \($0)" }
        guard let command = all.first(where: { $0.name == second || $0.name == first }) else {
            let near = all.filter { $0.name.hasPrefix("\(first) ") }.map(\.name)
            Output.complain(
                near.isEmpty
                    ? "there is no command '\(first)'; lineside --help lists them"
                    : "say which: \(near.joined(separator: ", "))")
            return 2
        }
        let words = command.name.split(separator: " ").count
        let rest = Array(arguments.dropFirst(words))
        // `--` ends the options: what stands behind it is no call for help.
        if rest.prefix(while: { $0 != "--" }).contains(where: { $0 == "--help" || $0 == "-h" }) {
            Output.line(help(for: command))
            return 0
        }
        do {
            try await command.run(rest)
            return 0
        } catch let error as UsageError {
            Output.complain("\(error.reason); lineside \(command.name) --help says more")
            return 2
        } catch let error as CommandFailure {
            Output.complain(error.sentence)
            return 1
        } catch {
            Output.complain("\(error)")
            return 1
        }
    }
}

extension String {
    fileprivate func trimmingTrailingSpaces() -> String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
