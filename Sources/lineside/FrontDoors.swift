import Basics
import HTTP
import Net
import Site
import Synchronization

/// What answers at a socket that listens already. Until the house behind it stands, callers are
/// asked to come back in a second.
final class Door: Sendable {
    /// A closure that is itself what a `Mutex` holds is wrapped twice more by each look at it.
    private struct State {
        var handler: Handler?
    }

    private let state = Mutex(State())

    func open(_ handler: @escaping Handler) { state.withLock { $0.handler = handler } }

    func answer(_ request: Request) async -> Response {
        guard let handler = state.withLock({ $0.handler }) else {
            return .problem(.busy("Lineside is starting."), headers: [Header.retryAfter: "1"])
        }
        return await handler(request)
    }
}

/// The sockets: three origins over TLS, and the admin socket. They listen before anything stands
/// behind them, since only then their ports are known where any free one was asked for.
struct FrontDoors: Sendable {
    let server: HTTPServer
    let platform = Door()
    let editors = Door()
    let pages = Door()
    let admin = Door()
    /// MQTT of devices, on the platform's port.
    let devices = DeviceGate()
    let ports: Ports

    struct Ports: Sendable, Equatable {
        var platform: Int
        var editors: Int
        var pages: Int
    }

    static func open(
        _ configuration: Configuration, adminSocket: String, group: EventLoopGroup,
        tls: TLSConfiguration, forward: @escaping Forwarder
    ) throws(CommandFailure) -> FrontDoors {
        var limits = HTTPLimits()
        limits.maxConnections = configuration.limits.connections
        limits.maxConnectionsPerAddress = configuration.limits.connectionsPerAddress
        return try FrontDoors(
            HTTPServer(group: group, limits: limits, forward: forward), configuration.listen,
            inherited: InheritedSockets.take(), adminSocket: adminSocket, tls: tls)
    }

    private init(
        _ server: HTTPServer, _ listening: Configuration.Listening,
        inherited: [(name: String, descriptor: Int32)], adminSocket: String,
        tls: TLSConfiguration
    ) throws(CommandFailure) {
        self.server = server
        let gate = devices
        let alternatives: [String: HTTPServer.Alternative] = [
            DeviceDoor.mqttProtocol: { gate.take($0) }
        ]
        func listen(
            _ name: String, _ port: Int, _ door: Door,
            _ others: [String: HTTPServer.Alternative] = [:]
        ) throws(CommandFailure) -> Int {
            // What the service manager holds for us wins: port 443, for instance.
            let given = inherited.filter { $0.name == name }.map {
                ListenAddress.descriptor($0.descriptor)
            }
            var bound = port
            for address in listening.addresses where given.isEmpty {
                bound = try Self.listen(
                    server, .tcp(host: address, port: UInt16(bound)), tls, door, others, gate,
                    called: "'listen.\(name)', \(address) port \(bound)")
            }
            for socket in given {
                bound = try Self.listen(
                    server, socket, tls, door, others, gate, called: "socket \(name)")
            }
            if port != 0, bound != port {
                Log("listen").warning(
                    "'listen.\(name)' says \(port), but the service manager holds port \(bound) "
                        + "for it, which is used: change its socket unit")
            }
            return bound
        }
        ports = Ports(
            platform: try listen("platform", listening.platform, platform, alternatives),
            editors: try listen("editors", listening.editors, editors),
            pages: try listen("pages", listening.pages, pages))
        _ = try Self.listen(
            server, .unix(path: adminSocket, mode: 0o600), nil, admin, [:], gate,
            called: adminSocket)
    }

    private static func listen(
        _ server: HTTPServer, _ address: ListenAddress, _ tls: TLSConfiguration?, _ door: Door,
        _ alternatives: [String: HTTPServer.Alternative], _ gate: DeviceGate,
        called name: String
    ) throws(CommandFailure) -> Int {
        do throws(NetError) {
            return try server.listen(
                address, tls: tls, alternatives: alternatives, owner: { gate.owner(of: $0) }
            ) { await door.answer($0) }
        } catch { throw CommandFailure("cannot listen, \(name): \(error)") }
    }
}
