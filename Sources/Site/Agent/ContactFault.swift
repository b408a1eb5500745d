import Basics
import Domain
import MQTT
package import Net

/// Why an address did not let this device in, in a sentence for whoever stands before it.
package enum ContactFault {
    /// - Parameter mark: by what the site is known: "this bundle", "this device".
    package static func sentence(
        _ error: NetError, at server: AgentServer, knownBy mark: String
    ) -> String {
        switch error {
        case .refused: "Nobody answers at \(server): the appliance is off, or has another address."
        case .timedOut(.connect):
            "Nobody answers at \(server): the appliance is away, or a firewall is between."
        case .timedOut: "Somebody at \(server) was too slow to answer."
        case .reset, .truncated, .aborted: "The connection to \(server) was cut."
        case .badAddress:
            "“\(server.host)” is a name, and devices ask no name server: give the appliance's IP "
                + "address."
        case .system(let error): "\(server) cannot be reached: \(error)."
        case .tls(let reason): sentence(tls: reason, server, mark)
        }
    }

    /// The words are OpenSSL's.
    private static func sentence(
        tls reason: String, _ server: AgentServer, _ mark: String
    ) -> String {
        func says(_ words: String...) -> Bool { words.contains { reason.contains($0) } }
        if says("issuer certificate", "self-signed certificate", "certificate signature failure") {
            return "Another site answers at \(server): its certificate is not of the site that "
                + "\(mark) belongs to."
        }
        if says("wrong version number", "packet length too long", "http request") {
            return "Whoever answers at \(server) does not speak TLS: check the port."
        }
        if says("certificate revoked") { return revoked }
        if says("certificate expired"), !says("refused") {
            return "The appliance says that this device's certificate has expired: enrol it anew."
        }
        return "No secure connection to \(server): \(reason)."
    }

    static let revoked =
        "The appliance does not let this device in: it was revoked or removed there, most likely. "
        + "Enrol it anew with a new bundle."

    /// - Parameter server: that was tried last.
    static func sentence(_ error: MQTTError, at server: AgentServer) -> String {
        switch error {
        case .refused(.notAuthorized, _), .refused(.badUserOrPassword, _),
            .disconnected(.notAuthorized):
            revoked
        // A certificate that is refused: TLS 1.3 tells the client behind its own handshake only, and
        // what it has sent by then takes the reason with it.
        case .net(.reset), .net(.truncated), .closed:
            "The appliance at \(server) has cut the connection: it starts anew just now, or this "
                + "device was revoked or removed there; then enrol it anew with a new bundle."
        case .net(let error): sentence(error, at: server, knownBy: "this device")
        default: "The appliance at \(server) is out of reach: \(error)."
        }
    }
}
