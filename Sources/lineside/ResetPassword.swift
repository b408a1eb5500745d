import Basics
import HTTP

/// `lineside user reset-password`: for whoever has forgotten theirs and has this machine.
struct ResetPassword: Command {
    static let name = "user reset-password"
    static let synopsis = "NAME [--password -]"
    static let summary = "Gives a user a new password and ends their sessions."
    static let details = """
          --password - reads the new one from standard input; without it one is made and shown
        \(SiteOption.details)
        """

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments, options: SiteOption.options + [.init("--password", "-")], words: 1...1)
        if let password = self.arguments["--password"], password != "-" {
            throw UsageError("a password in an argument could be read by every user here; use '-'")
        }
    }

    func run() throws {
        let name = arguments.words[0]
        let site = try SiteOption.socket(arguments)
        let users = try site.list("/api/v1/users?query=\(PercentCoding.encode(name))")
        guard
            let id = users.first(where: { $0["username"]?.string == name })?["id"]?.string
        else { throw CommandFailure("there is no user '\(name)'") }
        let given = arguments.has("--password")
        let password: String
        if given {
            guard let line = readLine(), !line.isEmpty else {
                throw UsageError("no password on standard input")
            }
            password = line
        } else {
            // 20 of 32 letters are 100 bits.
            password = (0..<4).map { _ in Randomness.text(count: 5, from: .readable) }
                .joined(separator: "-")
        }
        _ = try site.call(
            .post, "/api/v1/users/\(id)/password",
            .json(JSONObject([(key: "new", value: .string(password))])))
        if !given { Output.line(password) }
    }
}
