import Basics
package import Domain

/// Has devices open their tunnels: a stock agent its editor's, one of ours the one for everything.
package struct FleetTunnelOpener: TunnelOpener {
    private let fleet: Fleet

    package init(fleet: Fleet) { self.fleet = fleet }

    package func open(
        _ device: Device.ID, agent: Device.Agent, token: String
    ) async throws(TunnelFault) {
        do throws(FleetFault) {
            try await fleet.send(.openEditor(token: token), to: device)
        } catch {
            switch error {
            case .offline: throw .offline
            case .timedOut: throw .timedOut
            case .refused(_, let text), .unsupported(let text), .broker(let text):
                throw .refused(text)
            case .busy: throw .refused("The device has not answered what it was told before.")
            case .store: throw .refused("The registry cannot be read.")
            }
        }
    }

    package func close(_ device: Device.ID, agent: Device.Agent) async {
        // It lets go by itself, too.
        _ = try? await fleet.send(.closeEditor, to: device, timeout: .seconds(5))
    }
}
