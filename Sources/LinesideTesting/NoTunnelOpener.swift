package import Domain
package import Site

/// Where nobody can ask a device anything: all are offline.
package struct NoTunnelOpener: TunnelOpener {
    package init() {}
    package func open(
        _ device: Device.ID, agent: Device.Agent, token: String
    ) async throws(TunnelFault) { throw .offline }
    package func close(_ device: Device.ID, agent: Device.Agent) async {}
}
