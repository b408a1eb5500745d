import Basics

/// The options of every command that talks to a running appliance.
enum SiteOption {
    static let options: [Arguments.Option] = [.init("--config", "F"), .init("--state", "DIR")]

    static let details = """
          --config F   the configuration file (\(Configuration.defaultPath))
          --state DIR  the state directory of the appliance, instead of the file's
        """

    static func socket(_ arguments: Arguments) throws -> AdminSocket {
        if let state = arguments["--state"] {
            return AdminSocket(state: StatePaths(try absolute(state)))
        }
        do throws(ConfigurationFault) {
            let configuration = try Configuration.load(arguments["--config"])
            return AdminSocket(state: StatePaths(configuration.state))
        } catch {
            throw CommandFailure("the configuration is wrong: \(error)")
        }
    }
}
