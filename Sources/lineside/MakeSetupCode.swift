import Basics
import HTTP

/// `lineside setup-code`: a new one-time code for the first-run page.
struct MakeSetupCode: Command {
    static let name = "setup-code"
    static let synopsis = ""
    static let summary = "Makes a new one-time code for the first-run page."
    static let details = SiteOption.details

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(arguments, options: SiteOption.options)
    }

    func run() throws {
        let answer = try SiteOption.socket(arguments).call(.post, AdminDoor.setupCodePath)
        guard let code = answer["code"]?.string else {
            throw CommandFailure("the appliance gave no code")
        }
        Output.line(code)
    }
}
