import Basics
import Domain
import HTTP
package import Site

/// The doors of devices: one-time codes that carry a signed-in browser to a device's editor or
/// pages, and the addresses at which devices open their tunnels.
package struct DeviceDoorRoutes: Resource {
    private let doorkeeper: Doorkeeper
    private let origins: SiteOrigins
    private let door: DeviceDoor
    private let tunnels: DeviceTunnels

    package init(
        doorkeeper: Doorkeeper, origins: SiteOrigins, door: DeviceDoor, tunnels: DeviceTunnels
    ) {
        self.doorkeeper = doorkeeper
        self.origins = origins
        self.door = door
        self.tunnels = tunnels
    }

    package var routes: [Route] {
        [
            Route(
                .post, "/api/v1/devices/{device}/editor-session", .needs(.flowsRead),
                "Get a code that opens the editor of a device", openEditor),
            Route(
                .post, "/api/v1/devices/{device}/pages-session", .needs(.pagesOpen),
                "Get a code that opens the pages of a device", openPages),
            .raw(
                .get, "/api/agent/v1/tunnel/{token}", .anybody,
                "A device opens its tunnel; its certificate says which", openTunnel),
            .raw(
                .get, "/api/v1/devices/{device}/editor/comms/{token}", .anybody,
                "A stock agent opens its tunnel", openStockTunnel),
        ]
    }

    private func openEditor(_ context: RequestContext) async throws(Problem) -> Found<CodeView> {
        Found(try code(context, side: .editors, path: "/"))
    }

    private func openPages(
        _ body: OpenPages, _ context: RequestContext
    ) async throws(Problem) -> Found<CodeView> {
        Found(try code(context, side: .pages, path: body.path))
    }

    private func code(
        _ context: RequestContext, side: SiteOrigins.Side, path: String
    ) throws(Problem) -> CodeView {
        guard let session = context.caller.sessionID, let called = context.called else {
            throw .forbidden("Only a signed-in browser can open an editor or a page this way.")
        }
        let now = Timestamp.now()
        guard
            let code = doorkeeper.issueCode(
                side: side, session: session, device: try context.id("device"), path: path,
                expiry: now + Session.absoluteLifetime)
        else { throw .notFound("This device") }
        return CodeView(
            url: origins.origin(of: side, for: called) + Gateway.codePath, code: code,
            expiresAt: now + OneTimeCodes<Doorkeeper.Passage>.life)
    }

    // MARK: Devices

    private func openTunnel(_ context: RequestContext) async throws(Problem) -> Response {
        let request = context.request
        guard let proven = door.device(of: request.peer.client) else { throw .unauthenticated }
        guard request.headers[Header.origin] == nil else { throw .foreignOrigin }
        let token = context.parameter("token")
        guard tunnels.welcome(proven.device, .lineside, token: token) == .expected else {
            throw .notFound("This tunnel")
        }
        let address = request.peer.address
        return .webSocket(protocol: nil) { [tunnels] socket in
            await tunnels.serve(socket, of: proven, from: address)
        }
    }

    /// The agent looks at nothing but the code of the close frame: 4004 makes it stop trying, any
    /// other makes it come again.
    private func openStockTunnel(_ context: RequestContext) async throws(Problem) -> Response {
        let request = context.request
        guard request.headers[Header.origin] == nil else { throw .foreignOrigin }
        let token = context.parameter("token")
        guard let id = Device.ID(context.parameter("device")) else {
            return try Self.closed(request, 4004, "No tunnel")
        }
        var welcome = tunnels.welcome(id, .stock, token: token)
        if let said = request.headers["x-access-token"], said != token { welcome = .wrongToken }
        switch welcome {
        case .notExpected: return try Self.closed(request, 4004, "No tunnel")
        case .wrongToken: return try Self.closed(request, 4001, "Wrong token")
        case .expected: break
        }
        return try Self.webSocket(request) { [tunnels] socket in
            await tunnels.serve(stock: socket, token: token, of: id)
        }
    }

    private static func closed(
        _ request: Request, _ code: UInt16, _ reason: String
    ) throws(Problem) -> Response {
        try webSocket(request) { socket in
            socket.close(code: code, reason: reason)
            // Until the other side has heard it.
            _ = try? await socket.receive()
        }
    }

    /// With messages as long as a stock agent makes them.
    private static func webSocket(
        _ request: Request, _ serve: @escaping @Sendable (WebSocket) async -> Void
    ) throws(Problem) -> Response {
        do throws(HTTPFault) {
            var headers = WebSocketHandshake.headers(
                try WebSocketHandshake.accept(request.head), choosing: nil)
            headers[Header.upgrade] = "websocket"
            return .upgrade(headers: headers) { stream in
                await serve(
                    WebSocket(
                        stream, role: .server, maxMessage: StockTunnel.maxMessage,
                        maxQueued: .mebibytes(32)))
            }
        } catch { throw .malformed("This address takes a WebSocket.") }
    }
}
