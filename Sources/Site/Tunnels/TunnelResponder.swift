package import Net

/// The device's side of the tunnel: lets the appliance connect to the device's own Node-RED, and to
/// nothing else.
package enum TunnelResponder {
    /// - Parameter port: of Node-RED at the moment; `nil` while it does not run. Called on the loop.
    package static func connect(
        on loop: EventLoop, port: @escaping @Sendable () -> UInt16?
    ) -> Tunnel.Connect {
        { target, opened in
            guard target == TunnelFrame.nodeRED, let port = port() else {
                return loop.execute { opened(.failure(.refused)) }
            }
            loop.connect(
                to: .tcp(host: "127.0.0.1", port: port), timeout: .seconds(5), opened)
        }
    }
}
