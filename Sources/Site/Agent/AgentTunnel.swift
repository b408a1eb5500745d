import HTTP
import Net

/// The appliance's way to this device's Node-RED, as long as somebody needs it.
struct AgentTunnel: Sendable {
    private let uplink: AgentUplink
    private let token: String

    init(_ uplink: AgentUplink, _ token: String) {
        self.uplink = uplink
        self.token = token
    }

    /// Returns when the appliance has closed it or the task is cancelled.
    /// - Parameter port: of Node-RED; `nil` while it does not run.
    func run(port: @escaping @Sendable () -> UInt16?) async throws(ClientFault) {
        let socket = try await uplink.webSocket("/api/agent/v1/tunnel/\(token)")
        let loop = uplink.loops.next()
        let tunnel = Tunnel(
            socket, loop: loop, connect: TunnelResponder.connect(on: loop, port: port))
        await withTaskCancellationHandler {
            await tunnel.run()
        } onCancel: {
            tunnel.close()
        }
    }
}
