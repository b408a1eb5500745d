import Basics

/// `lineside check-config`: the file as the appliance would read it.
struct CheckConfig: Command {
    static let name = "check-config"
    static let synopsis = "[FILE]"
    static let summary = "Checks the configuration file and shows the values in force."
    static let details = "FILE is \(Configuration.defaultPath) if it is left out."

    let file: String?

    init(_ arguments: [String]) throws(UsageError) {
        file = try Arguments(arguments, options: [], words: 0...1).words.first
    }

    func run() throws {
        let configuration: Configuration
        do throws(ConfigurationFault) { configuration = try Configuration.load(file) } catch {
            let name = file ?? Configuration.defaultPath
            throw CommandFailure(error.faults.map { "\(name): \($0)" }.joined(separator: "\n"))
        }
        for key in Configuration.keys { Output.line("\(key.path): \(key.show(configuration))") }
    }
}
