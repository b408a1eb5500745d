import Basics
import Crypto
package import Domain

/// Who a simulated device is, in a file of its own: enrolled once, for many runs.
package struct SimulatedIdentity: Sendable, Equatable {
    package var device: Device.ID
    package var team: Team.ID
    /// PEM, both.
    package var certificate: String
    package var key: String
    /// PEM: who signs servers of the site.
    package var authorities: String

    package init(
        device: Device.ID, team: Team.ID, certificate: String, key: String, authorities: String
    ) {
        self.device = device
        self.team = team
        self.certificate = certificate
        self.key = key
        self.authorities = authorities
    }

    /// User name and client id at the broker.
    var brokerName: String { "device:\(team):\(device)" }

    var serial: String { (try? Certificate(pem: certificate))?.serial ?? "" }

    /// `nil` where none is, or a damaged one: then it is enrolled anew.
    static func load(_ path: String) -> SimulatedIdentity? {
        guard let bytes = try? Files.read(path, limit: .kibibytes(64)),
            let object = try? JSONReader.read(bytes).object,
            let device = object["device"]?.string.flatMap(Device.ID.init),
            let team = object["team"]?.string.flatMap(Team.ID.init),
            let certificate = object["certificate"]?.string,
            let key = object["key"]?.string, let authorities = object["authorities"]?.string
        else { return nil }
        return SimulatedIdentity(
            device: device, team: team, certificate: certificate, key: key,
            authorities: authorities)
    }

    func save(_ path: String) throws(SystemError) {
        var json = JSONWriter()
        json.object { json in
            json.field("device", device)
            json.field("team", team)
            json.field("certificate", certificate)
            json.field("key", key)
            json.field("authorities", authorities)
        }
        try Files.replace(path, with: json.bytes, mode: 0o600)
    }
}
