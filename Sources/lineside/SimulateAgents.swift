import Basics
import Glibc
import Net
import Site

/// `lineside agent --simulate N`: for tests and measurements. Says each second what has happened,
/// and takes words on its standard input: `drop`, `drop fresh`, `arrive`, `quit`.
struct SimulateAgents: Sendable {
    static let options: [Arguments.Option] = [
        .init("--simulate", "N"), .init("--bundle", "FILE"), .init("--cache", "DIR"),
        .init("--server", "HOST:PORT"), .init("--fail", "PERCENT"), .init("--away", "PERCENT"),
        .init("--latency", "MS"), .init("--connecting", "N"), .init("--fetching", "N"),
    ]

    private let settings: SimulationSettings
    private let bundle: String?

    /// `nil` where nobody asked for a simulation.
    init?(_ arguments: Arguments) throws(UsageError) {
        guard let count = try arguments.int("--simulate", 1...20_000) else { return nil }
        guard let cache = arguments["--cache"] else { throw UsageError("--cache is missing") }
        guard let server = arguments["--server"], let colon = server.lastIndex(of: ":"),
            let port = UInt16(server[server.index(after: colon)...])
        else { throw UsageError("--server must be HOST:PORT") }
        settings = SimulationSettings(
            count: count, directory: cache, host: String(server[..<colon]), port: port,
            failPercent: try arguments.int("--fail", 0...100) ?? 0,
            offlinePercent: try arguments.int("--away", 0...100) ?? 0,
            latency: .milliseconds(try arguments.int("--latency", 0...600_000) ?? 0),
            connecting: try arguments.int("--connecting", 1...10_000) ?? 64,
            fetching: try arguments.int("--fetching", 1...10_000) ?? 32)
        bundle = arguments["--bundle"]
    }

    func run() async throws {
        let loops: EventLoopGroup
        do throws(NetError) { loops = try EventLoopGroup() } catch {
            throw CommandFailure("\(error)")
        }
        let fleet = SimulatedFleet(settings, loops: loops)
        let text = try bundle.map { try Files.read($0, limit: .kibibytes(64)) }
        do throws(SimulatedFleet.Fault) {
            let count = try await fleet.enrol(text)
            Output.line("{\"enrolled\":\(count)}")
            try fleet.start()
        } catch { throw CommandFailure("\(error)") }
        let began = ContinuousClock.now
        let ear = Ear()
        Task { await ear.listen(for: fleet) }
        var last = SimulationTally.Counts()
        while !fleet.isOver {
            let now = fleet.tally.now
            if now != last {
                Output.line(fleet.tally.line(at: ContinuousClock.now - began))
                last = now
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        fleet.stop()
    }
}

/// Hears what is typed, on a thread of its own: it waits there for as long as it takes.
private actor Ear {
    private let executor = BlockingExecutor(label: "ear")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    func listen(for fleet: SimulatedFleet) {
        while let line = readLine() {
            switch line {
            case "drop": fleet.drop(fresh: false)
            case "drop fresh": fleet.drop(fresh: true)
            case "arrive": fleet.arrive()
            case "quit": return fleet.end()
            default: break
            }
        }
    }
}
