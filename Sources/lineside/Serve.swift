import Basics
import Glibc
import HTTP
import Site
import Store

/// `lineside serve`: the appliance.
struct Serve: Command {
    static let name = "serve"
    static let synopsis = "[options]"
    static let summary = "Runs the appliance."
    static let details = """
          --config F             the configuration file (\(Configuration.defaultPath))
          --state DIR            instead of its 'state'
          --listen ADDRESS       instead of its 'listen.addresses'
          --port N               platform on N, editors N+1, pages N+2, broker N+3; 0: free ones
          --practice             instances may run on the practice runtime, which is not Node-RED
          --stop-instances       instances stop with the appliance
          --admin NAME:PASSWORD  makes the administrator where there is none; '-' reads the line
                                 from standard input, which other users cannot see
        """

    private static let options: [Arguments.Option] = [
        .init("--config", "F"), .init("--state", "DIR"), .init("--listen", "ADDRESS"),
        .init("--port", "N"), .init("--practice"), .init("--stop-instances"),
        .init("--admin", "NAME:PASSWORD"),
    ]

    private let arguments: Arguments
    private let port: Int?

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(arguments, options: Self.options)
        // The broker's port is three further on.
        port = try self.arguments.int("--port", 0...65_532)
    }

    func run() async throws {
        let configuration = try self.configuration()
        Log.setThreshold(configuration.logLevel)
        // What libraries make (SQLite's files) is nobody else's to read either.
        umask(0o077)
        let administrator = try self.administrator()
        let state = try StateDirectory.open(configuration.state)
        // The terminal's Ctrl-C, the service manager, a closed terminal.
        let signals = try Signals.caught([SIGINT, SIGTERM, SIGHUP])
        let foundations = try await Foundations.lay(in: state.paths, configuration)
        let firstRun = FirstRun(foundations: foundations)
        let code = try await firstRun.prepare(administrator)
        let appliance = try await Appliance.assemble(configuration, state.paths, foundations)
        let (ending, end) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            // A service that cannot go on ends the program too.
            defer { end.yield() }
            try await ServiceGroup(appliance.services).run()
        }
        let listening = Task { for await _ in signals { end.yield() } }
        announce(appliance, configuration, code)
        for await _ in ending { break }
        listening.cancel()
        SystemdNotifier.stopping()
        await appliance.doors.server.drain(deadline: Self.grace)
        running.cancel()
        let result = await running.result
        foundations.stores.close()
        // Held to here: nobody else may work on the directory before all is closed.
        _ = consume state
        if case .failure(let error) = result, !(error is CancellationError) {
            throw CommandFailure("\(error)")
        }
    }

    /// What requests under way get; less than the 90 s that systemd waits by itself.
    private static let grace = Duration.seconds(10)

    private func announce(
        _ appliance: Appliance, _ configuration: Configuration, _ code: SetupCode?
    ) {
        let address = configuration.listen.addresses.first ?? "::"
        let host =
            switch address {
            case "::", "0.0.0.0": LocalNames.current().names.first ?? "localhost"
            default: address
            }
        let called = Authority(host: host, port: appliance.doors.ports.platform)
        let fragment = code.map { "#code=\($0.text)" } ?? ""
        Output.line("ready \(called.httpsOrigin)/\(fragment)")
        SystemdNotifier.ready("\(called.httpsOrigin)/")
    }

    /// The file, and the command line over it.
    private func configuration() throws(CommandFailure) -> Configuration {
        var configuration: Configuration
        do throws(ConfigurationFault) {
            configuration = try Configuration.load(arguments["--config"])
        } catch {
            let file = arguments["--config"] ?? Configuration.defaultPath
            throw CommandFailure(error.faults.map { "\(file): \($0)" }.joined(separator: "\n"))
        }
        if let state = arguments["--state"] {
            configuration.state = try absolute(state)
        }
        if let address = arguments["--listen"] { configuration.listen.addresses = [address] }
        if let port { configuration.movePorts(to: port) }
        if arguments.has("--practice") { configuration.instances.practice = true }
        if arguments.has("--stop-instances") { configuration.instances.stopOnExit = true }
        return configuration
    }

    private func administrator() throws -> FirstAdministrator? {
        guard let given = arguments["--admin"] else { return nil }
        let text = given == "-" ? readLine() : given
        guard let text, let colon = text.firstIndex(of: ":"), colon != text.startIndex,
            text.index(after: colon) != text.endIndex
        else { throw UsageError("--admin wants NAME:PASSWORD") }
        return FirstAdministrator(
            name: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
    }
}

/// A path as the program that runs for months will find it.
func absolute(_ path: String) throws(CommandFailure) -> String {
    if path.hasPrefix("/") { return path }
    guard let directory = getcwd(nil, 0) else {
        throw CommandFailure("the working directory is gone")
    }
    defer { free(directory) }
    return "\(String(cString: directory))/\(path)"
}
