import Basics

/// `lineside version`.
struct PrintVersion: Command {
    static let name = "version"
    static let synopsis = ""
    static let summary = "Says which version this is."

    init(_ arguments: [String]) throws(UsageError) { _ = try Arguments(arguments, options: []) }

    func run() { Output.line("\(Product.name) \(Product.version)") }
}
