import Basics
import Glibc
import HTTP
import Net
import Site

/// `lineside agent`: runs Node-RED on a device for an appliance elsewhere.
struct AgentRun: Command {
    static let name = "agent"
    static let synopsis = "[options]"
    static let summary = "Runs Node-RED on this device for an appliance elsewhere."
    static let details = """
          --state DIR       where the device keeps what it needs (\(AgentPaths.defaultState))
          --log-level L     debug, info, notice, warning or error (info)
          --stop-node-red   Node-RED stops with the agent; else it runs on
          --practice        snapshots without a stack run on the practice runtime
        """

    private static let options: [Arguments.Option] = [
        .init("--state", "DIR"), .init("--log-level", "L"), .init("--stop-node-red"),
        .init("--practice"),
    ]

    private let arguments: Arguments
    private let level: Log.Level
    private let simulation: SimulateAgents?

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments, options: Self.options + SimulateAgents.options)
        simulation = try SimulateAgents(self.arguments)
        guard let word = self.arguments["--log-level"] else {
            level = .info
            return
        }
        let words: [String: Log.Level] = [
            "debug": .debug, "info": .info, "notice": .notice, "warning": .warning,
            "error": .error,
        ]
        guard let level = words[word] else {
            throw UsageError("--log-level must be debug, info, notice, warning or error")
        }
        self.level = level
    }

    /// - Returns: the port; another than before where somebody else has that now.
    private static func listen(
        _ door: AgentReadyDoor, _ server: HTTPServer
    ) throws(NetError) -> Int {
        do throws(NetError) {
            return try server.listen(.tcp(host: "127.0.0.1", port: door.port)) {
                await door.answer($0)
            }
        } catch {
            guard door.port != 0 else { throw error }
            return try server.listen(.tcp(host: "127.0.0.1", port: 0)) { await door.answer($0) }
        }
    }

    func run() async throws {
        Agent.keepMemorySmall()
        Log.setThreshold(level)
        umask(0o077)
        if let simulation { return try await simulation.run() }
        let state = try StateDirectory.open(try AgentOption.state(arguments))
        let signals = try Signals.caught([SIGINT, SIGTERM, SIGHUP])
        let loops = try EventLoopGroup(count: 1)
        var options = Agent.Options()
        options.practice = arguments.has("--practice")
        options.stopsOnExit = arguments.has("--stop-node-red")
        let paths = AgentPaths(state.paths.root)
        let server = HTTPServer(group: loops)
        let door = AgentReadyDoor(paths)
        options.environment.append(
            "\(AgentReadyDoor.variable)=\(door.settle(on: try Self.listen(door, server)))")
        let agent: Agent
        do throws(Agent.Fault) {
            agent = try await Agent.assemble(paths, options, loops: loops)
        } catch { throw CommandFailure(error.description) }
        door.open(for: agent)
        _ = try server.listen(.unix(path: state.paths.adminSocket, mode: 0o600)) { request in
            await agent.answer(request)
        }
        let running = Task { try await agent.run() }
        let listening = Task {
            for await _ in signals { running.cancel() }
        }
        Output.line("ready \(state.paths.root)")
        SystemdNotifier.ready("lineside agent")
        let result = await running.result
        listening.cancel()
        SystemdNotifier.stopping()
        await server.drain(deadline: .seconds(2))
        _ = consume state
        if case .failure(let error) = result, !(error is CancellationError) {
            throw CommandFailure("\(error)")
        }
    }
}

/// What the agent's commands have in common.
enum AgentOption {
    static func state(_ arguments: Arguments) throws(CommandFailure) -> String {
        try absolute(arguments["--state"] ?? AgentPaths.defaultState)
    }
}
