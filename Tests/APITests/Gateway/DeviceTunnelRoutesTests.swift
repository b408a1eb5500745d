import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Net
import Site
import Store
import Testing

/// Asks nobody, and says which token was given out.
private struct SilentOpener: TunnelOpener {
    let tokens = Mailbox<String>()
    func open(_ device: Device.ID, agent: Device.Agent, token: String) async throws(TunnelFault) {
        tokens.put(token)
    }
    func close(_ device: Device.ID, agent: Device.Agent) async {}
}

private struct NoIdentities: DeviceIdentities {
    func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)? { nil }
}

/// The addresses of the tunnels behind a real socket.
private final class TunnelHouse: Sendable {
    let factory: Factory
    let group: EventLoopGroup
    let server: HTTPServer
    let tunnels: DeviceTunnels
    let opener = SilentOpener()
    let port: Int
    let device = Device.ID.random()

    init() async throws {
        let factory = try await Factory()
        self.factory = factory
        group = try EventLoopGroup(options: .standing)
        server = HTTPServer(group: group) { _, _, _ in .empty(502) }
        let door = DeviceDoor(
            identities: NoIdentities(), broker: BrokerEntrance(), signal: SecuritySignal())
        tunnels = DeviceTunnels(opener: opener, door: door, loop: group.loops[0])
        let doorkeeper = try GatewayFixture().doorkeeper
        let dispatcher = Dispatcher(
            routes: RouteTable.described(
                [
                    DeviceDoorRoutes(
                        doorkeeper: doorkeeper, origins: HouseFixture.origins, door: door,
                        tunnels: tunnels)
                ], version: "0.1.0"),
            callers: Authentication(
                directory: CallerDirectory(stores: factory.stores),
                origins: HouseFixture.origins),
            scopes: ScopeResolver(applications: factory.stores.applications),
            origins: HouseFixture.origins
        ) { _ in .text("page") }
        port = try server.listen(.tcp(host: "127.0.0.1", port: 0), tls: nil) {
            await dispatcher.answer($0)
        }
    }

    func comes(
        _ device: String, _ token: String, _ more: Headers = Headers()
    ) async throws -> WebSocket {
        var headers = more
        headers[Header.host] = "plant:8443"
        return try await HTTPClient(group: group).webSocket(
            "/api/v1/devices/\(device)/editor/comms/\(token)", headers: headers,
            to: .tcp(host: "127.0.0.1", port: UInt16(port)))
    }

    /// The code of the frame that closes it.
    func code(_ socket: WebSocket) async throws -> UInt16? {
        #expect(try await socket.receive() == nil)
        return socket.closeReceived?.code
    }

    func end() async {
        await server.drain(deadline: .zero)
        await group.shutdown()
    }
}

@Suite("Addresses of tunnels", .timeLimit(.minutes(10))) struct DeviceTunnelRoutesTests {
    @Test("A stock agent learns from the close code whether to come again")
    func codes() async throws {
        let house = try await TunnelHouse()
        let id = house.device.text
        // Nobody waits for it: it is to stop trying.
        #expect(try await house.code(try await house.comes(id, "ffde_\(id)_x")) == 4004)
        #expect(try await house.code(try await house.comes("no-device", "x")) == 4004)
        let tunnels = house.tunnels
        let waiting = Task { try await tunnels.line(to: house.device, agent: .stock) }
        let token = try #require(await house.opener.tokens.take())
        #expect(token.hasPrefix("ffde_\(id)_"))
        #expect(try await house.code(try await house.comes(id, "ffde_\(id)_x")) == 4001)
        let other = try await house.comes(id, token, ["x-access-token": "ffde_\(id)_x"])
        #expect(try await house.code(other) == 4001)
        let stranger = try await house.comes(Device.ID.random().text, token)
        #expect(try await house.code(stranger) == 4004)
        // A page of any origin, even ours, is no agent.
        for origin in ["https://plant:8443", "https://evil"] {
            await #expect(throws: ClientFault.notUpgraded(status: 403)) {
                try await house.comes(id, token, [Header.origin: origin])
            }
        }
        let first = try await house.comes(id, token, ["x-access-token": token])
        guard case .stock = try await waiting.value else {
            Issue.record("a tunnel of another kind")
            return
        }
        // The newest counts; what is let go is let go with 4000, whereupon an agent comes again.
        let second = try await house.comes(id, token, ["x-access-token": token])
        #expect(try await house.code(first) == 4000)
        await house.tunnels.end(house.device)
        #expect(try await house.code(second) == 4000)
        #expect(try await house.code(try await house.comes(id, token)) == 4004)
        await house.end()
    }

    @Test("A message that is none of a tunnel's ends it with 1007")
    func nonsense() async throws {
        let house = try await TunnelHouse()
        let tunnels = house.tunnels
        let waiting = Task { try await tunnels.line(to: house.device, agent: .stock) }
        let token = try #require(await house.opener.tokens.take())
        let socket = try await house.comes(house.device.text, token)
        _ = try await waiting.value
        try await socket.send("hello")
        #expect(try await house.code(socket) == 1007)
        await house.end()
    }

    @Test("The tunnel of our own agent opens to certificates alone, and to no plain request")
    func own() async throws {
        let house = try await TunnelHouse()
        for path in ["/api/agent/v1/tunnel/x", "/api/agent/v1/tunnel/"] {
            await #expect(throws: ClientFault.self) {
                try await HTTPClient(group: house.group).webSocket(
                    path, headers: [Header.host: "plant:8443"],
                    to: .tcp(host: "127.0.0.1", port: UInt16(house.port)))
            }
        }
        await #expect(throws: ClientFault.notUpgraded(status: 401)) {
            try await HTTPClient(group: house.group).webSocket(
                "/api/agent/v1/tunnel/x", headers: [Header.host: "plant:8443"],
                to: .tcp(host: "127.0.0.1", port: UInt16(house.port)))
        }
        await house.end()
    }
}
