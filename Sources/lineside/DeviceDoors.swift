import API
import Basics
import Domain
import HTTP
import Net
import Site
import Store
import Synchronization

/// Takes what devices say over MQTT on the platform's port, which listens before there is anybody
/// to take it: until then a device is sent away, and comes again.
final class DeviceGate: Sendable {
    private struct State {
        var door: DeviceDoor?
    }

    private let state = Mutex(State())

    func open(_ door: DeviceDoor) { state.withLock { $0.door = door } }

    /// The device that a connection has proven to come from.
    func owner(of channel: any ByteChannel) -> String? {
        state.withLock { $0.door }?.owner(of: channel)
    }

    func take(_ channel: any ByteChannel) {
        guard let door = state.withLock({ $0.door }) else { return channel.abort(.aborted) }
        door.takeMQTT(channel)
    }
}

/// Where devices come in, and the ways to what runs on them.
struct DeviceDoors: Sendable {
    let door: DeviceDoor
    let tunnels: DeviceTunnels
    let gateway: DeviceGateway

    init(
        door: DeviceDoor, opener: any TunnelOpener,
        foundations: Foundations, tokens: EditorTokens, signal: SecuritySignal,
        stacks: StackRegistry, loops: EventLoopGroup
    ) {
        self.door = door
        tunnels = DeviceTunnels(opener: opener, door: door, loop: loops.loops[0])
        gateway = DeviceGateway(
            entrances: StoredDeviceEntrances(
                devices: foundations.stores.devices, sealer: foundations.sealer, signal: signal),
            tunnels: tunnels, tokens: tokens,
            editorFiles: StackEditorFiles(
                stacks: stacks, reports: foundations.stores.deviceReports))
    }

    /// MQTT in a WebSocket, before the page has its say.
    func pages(_ origins: SiteOrigins, _ next: @escaping Handler) -> Handler {
        { [door] request in
            let called = origins.authority(host: request.headers[Header.host], on: .platform)
            if let response = door.webSocket(request, origin: called?.httpsOrigin) {
                return response
            }
            return await next(request)
        }
    }
}

/// The way to a device that is let in no more ends with its session; a stock agent's has no
/// certificate by which the door would find it.
struct TunnelEnding: DeviceObserver {
    let tunnels: DeviceTunnels

    func ended(_ devices: [Device]) async {
        for device in devices { await tunnels.end(device.id) }
    }
}
