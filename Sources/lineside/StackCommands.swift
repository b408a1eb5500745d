import Basics
import HTTP

/// `lineside stack add`: brings a Node-RED that was packed with its dependencies.
struct StackAdd: Command {
    static let name = "stack add"
    static let synopsis = "FILE.tgz [--name N]"
    static let summary = "Adds a stack: Node-RED packed with its dependencies."
    static let details = """
          --name N     what people call it; made from its versions if it is left out
        \(SiteOption.details)
        """

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments, options: SiteOption.options + [.init("--name", "N")], words: 1...1)
    }

    func run() throws {
        var path = "/api/v1/stacks"
        if let name = arguments["--name"] { path += "?name=\(PercentCoding.encode(name))" }
        let stack = try SiteOption.socket(arguments)
            .call(.post, path, .file(arguments.words[0]))
        Output.line(StackList.line(stack))
    }
}

/// `lineside stack list`.
struct StackList: Command {
    static let name = "stack list"
    static let synopsis = ""
    static let summary = "Lists the stacks, one a line: id, name, Node-RED, digest of its file."
    static let details = SiteOption.details

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(arguments, options: SiteOption.options)
    }

    func run() throws {
        for stack in try SiteOption.socket(arguments).list("/api/v1/stacks") {
            Output.line(Self.line(stack))
        }
    }

    static func line(_ stack: JSONValue) -> String {
        ["id", "name", "nodeRed", "digest"].map { stack[$0]?.string ?? "-" }
            .joined(separator: "\t")
    }
}

/// `lineside stack remove`.
struct StackRemove: Command {
    static let name = "stack remove"
    static let synopsis = "ID"
    static let summary = "Removes a stack that no instance uses."
    static let details = SiteOption.details

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(arguments, options: SiteOption.options, words: 1...1)
    }

    func run() throws {
        let id = PercentCoding.encode(arguments.words[0])
        _ = try SiteOption.socket(arguments).call(.delete, "/api/v1/stacks/\(id)")
    }
}
