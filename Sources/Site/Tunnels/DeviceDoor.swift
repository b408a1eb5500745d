import Basics
package import Domain
package import HTTP
package import Net
import Synchronization

/// Where devices come in: proves who they are by their certificates, passes their MQTT on to the
/// broker, and ends what is open of a device that is not welcome any more.
package final class DeviceDoor: Service {
    /// What ALPN calls MQTT behind a certificate.
    package static let mqttProtocol = "lineside-mqtt/1"
    package static let httpProtocol = "lineside-http/1"

    private struct Guest {
        let proven: ProvenDevice
        let address: String
        let cut: @Sendable () -> Void
    }

    private struct State {
        var guests: [UInt64: Guest] = [:]
        var byDevice: [Device.ID: Set<UInt64>] = [:]
        var next: UInt64 = 0
    }

    private let identities: any DeviceIdentities
    private let signal: SecuritySignal
    let broker: BrokerEntrance
    let trouble = RareLog()
    private let state = Mutex(State())
    private let log = Log("door")

    package init(
        identities: any DeviceIdentities, broker: BrokerEntrance, signal: SecuritySignal
    ) {
        self.identities = identities
        self.broker = broker
        self.signal = signal
    }

    /// How many connections of devices with certificates are open.
    package var count: Int { state.withLock { $0.guests.count } }

    /// From where a device is connected; `nil` if it is not, or came without a certificate.
    package func address(of device: Device.ID) -> String? {
        state.withLock { state in
            state.byDevice[device]?.max().flatMap { state.guests[$0]?.address }
        }
    }

    // MARK: Who it is

    /// The device behind a certificate, as long as that is good.
    package func device(of certificate: ClientCertificate?) -> ProvenDevice? {
        guard let certificate,
            let found = identities.device(certificate: certificate.serial),
            found.device.text == certificate.commonName
        else { return nil }
        return ProvenDevice(device: found.device, team: found.team, serial: certificate.serial)
    }

    /// Whose a connection counts as.
    package func owner(of channel: any ByteChannel) -> String? {
        device(of: channel.security?.client)?.device.text
    }

    // MARK: What is open

    /// Notes a connection that ends when its certificate does.
    /// - Returns: `nil`, with `cut` called, if that is so already; else what `leave` takes.
    func enter(
        _ proven: ProvenDevice, from address: String, cut: @escaping @Sendable () -> Void
    ) -> UInt64? {
        let key = state.withLock { state in
            state.next += 1
            state.guests[state.next] = Guest(proven: proven, address: address, cut: cut)
            state.byDevice[proven.device, default: []].insert(state.next)
            return state.next
        }
        // After it is noted: who is revoked in between is found by one of the two.
        guard isGood(proven) else {
            leave(key)
            cut()
            return nil
        }
        return key
    }

    func leave(_ key: UInt64) {
        state.withLock { state in
            guard let guest = state.guests.removeValue(forKey: key) else { return }
            let device = guest.proven.device
            state.byDevice[device]?.remove(key)
            if state.byDevice[device]?.isEmpty == true { state.byDevice[device] = nil }
        }
    }

    private func isGood(_ proven: ProvenDevice) -> Bool {
        identities.device(certificate: proven.serial)?.device == proven.device
    }

    /// Ends what is open of one device, whatever its certificate is worth.
    package func end(_ device: Device.ID) {
        end(
            state.withLock { state in
                (state.byDevice[device] ?? []).compactMap { state.guests[$0] }
            })
    }

    /// Ends all that is open on a certificate that is not good any more. To be called after the
    /// identities have learnt of it.
    package func review() {
        end(state.withLock { Array($0.guests.values) }.filter { !isGood($0.proven) })
    }

    private func end(_ guests: [Guest]) {
        for guest in guests {
            log.notice("\(guest.proven.device) is shown out")
            guest.cut()
        }
    }

    /// Reviews with every change of what somebody may do; ends all that is open at the end.
    package func run() async throws {
        for await _ in signal.changes() { review() }
        end(state.withLock { Array($0.guests.values) })
    }

    // MARK: MQTT

    /// A connection under `mqttProtocol`. On its loop.
    package func takeMQTT(_ channel: any ByteChannel) {
        guard let proven = device(of: channel.security?.client) else {
            // A device that was revoked comes back and back: it is told nothing, and not hastened.
            trouble.warn(log, "a connection with a certificate that is not good was refused")
            return channel.abort(.aborted)
        }
        channel.start(MQTTEntrance(channel, proven, door: self))
    }

    /// MQTT in a WebSocket, as stock agents speak it: with a password, which is the broker's to
    /// check.
    /// - Parameter origin: of this site's own pages.
    /// - Returns: `nil` for what is not asking for that.
    package func webSocket(_ request: Request, origin: String?) -> Response? {
        guard request.target.path == "/", request.head.upgrade == "websocket",
            request.headers.tokens(Header.secWebSocketProtocol).contains("mqtt")
        else { return nil }
        if let from = request.headers[Header.origin], from != origin {
            return .problem(.forbidden("This call came from a page of another origin."))
        }
        return .webSocketChannel(request.head, protocol: "mqtt") { [self] channel in
            channel.start(MQTTEntrance(channel, nil, door: self))
        }
    }
}
