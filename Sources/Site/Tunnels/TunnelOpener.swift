package import Domain

/// Asks a device, over its broker, to come and open its tunnel.
package protocol TunnelOpener: Sendable {
    /// Returns once the device has said that it comes.
    /// - Parameter token: what it comes with: of the path `/api/agent/v1/tunnel/<token>` for ours,
    ///   `ffde_<device>_…` for a stock agent's `startEditor`.
    func open(
        _ device: Device.ID, agent: Device.Agent, token: String
    ) async throws(TunnelFault)

    /// Tells it that nobody needs the tunnel any more; whether it hears so is not asked.
    func close(_ device: Device.ID, agent: Device.Agent) async
}

/// Why there is no way to a device's Node-RED.
package enum TunnelFault: Error, Sendable, Equatable {
    case offline
    /// Its agent said no. One sentence.
    case refused(String)
    /// It was asked, and did not come.
    case timedOut
}
