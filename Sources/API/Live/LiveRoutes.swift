import Basics
import Domain
import HTTP
package import Site

/// The live socket: one WebSocket a tab, many topics on it.
package struct LiveRoutes: Resource {
    private let bus: EventBus
    private let callers: any CallerSource
    private let scopes: ScopeResolver
    private let signal: SecuritySignal
    private let instances: any LiveFeed
    private let alarms: any LiveFeed
    private let devices: any LiveFeed
    private let build: String

    /// - Parameters:
    ///   - instances: what a listener sees of a change of an instance.
    ///   - alarms: what a listener sees of a change of an alarm.
    ///   - devices: what a listener sees of a change of devices.
    ///   - build: tells a page of an older build that it should offer to reload.
    package init(
        bus: EventBus, callers: any CallerSource, scopes: ScopeResolver, signal: SecuritySignal,
        instances: any LiveFeed, alarms: any LiveFeed, devices: any LiveFeed, build: String
    ) {
        self.bus = bus
        self.callers = callers
        self.scopes = scopes
        self.signal = signal
        self.instances = instances
        self.alarms = alarms
        self.devices = devices
        self.build = build
    }

    package var routes: [Route] {
        [.raw(.get, "/api/v1/live", .anybody, "Listen to what happens", open)]
    }

    private func open(_ context: RequestContext) async throws(Problem) -> Response {
        do throws(HTTPFault) { _ = try WebSocketHandshake.accept(context.request.head) } catch {
            throw Problem(
                type: "/problems/malformed", title: "Malformed", status: error.status,
                detail: "This address is a WebSocket: \(error.reason).")
        }
        try Self.requireOwnOrigin(context)
        return .webSocket(protocol: nil) { socket in
            let session = LiveSession(
                socket: socket, request: context.request, called: context.called, bus: bus,
                callers: callers, scopes: scopes, signal: signal, build: build
            ) { topic in
                switch topic {
                case .instances, .instance: instances
                case .alarms: alarms
                case .devices, .device: devices
                case .site, .log, .resources, .versions, .tests, .files, .deployment, .deviceLog,
                    .deviceResources, .enrolments, .broker:
                    PlainFeed()
                }
            }
            await session.run()
        }
    }

    /// A browser says where the page that opens a socket comes from. Whoever sends a bearer, or
    /// comes by the admin socket, is none.
    private static func requireOwnOrigin(_ context: RequestContext) throws(Problem) {
        let request = context.request
        guard !request.headers.contains(Header.authorization), request.peer.uid == nil else {
            return
        }
        guard let called = context.called, request.headers[Header.origin] == called.httpsOrigin
        else { throw .foreignOrigin }
    }
}
