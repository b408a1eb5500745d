package import Basics

/// What a device gets once it is let in: its certificate, whom to trust, and where to go. Both ends
/// use this type; by hand it travels as a file of the same text.
package struct EnrolmentAnswer: Sendable, Equatable {
    package struct DeviceFacts: Sendable, Equatable {
        package var id: Device.ID
        package var name: String
        package var team: Team.ID
        package init(id: Device.ID, name: String, team: Team.ID) {
            self.id = id
            self.name = name
            self.team = team
        }
    }

    package var device: DeviceFacts
    /// PEM, all three.
    package var certificate: String
    package var authorities: String
    package var revoked: String
    /// The appliance's clock: the device never goes below it again.
    package var time: Timestamp
    /// `https://10.0.0.5:8443`
    package var servers: [String]
    /// 64 hexadecimal digits: the key of the flows' credentials on the device.
    package var credentialSecret: String

    package init(
        device: DeviceFacts, certificate: String, authorities: String, revoked: String,
        time: Timestamp, servers: [String], credentialSecret: String
    ) {
        self.device = device
        self.certificate = certificate
        self.authorities = authorities
        self.revoked = revoked
        self.time = time
        self.servers = servers
        self.credentialSecret = credentialSecret
    }

    /// `nil` for what is no answer.
    package init?(json object: JSONObject) {
        guard let device = object["device"],
            let id = device["id"]?.string.flatMap(Device.ID.init),
            let name = device["name"]?.string,
            let team = device["team"]?.string.flatMap(Team.ID.init),
            let certificate = object["certificate"]?.string,
            let authorities = object["authorities"]?.string,
            let time = object["time"]?.int, Timestamp.plausible.contains(time),
            let servers = object["servers"]?.array?.compactMap(\.string),
            let secret = object["credentialSecret"]?.string
        else { return nil }
        self.init(
            device: DeviceFacts(id: id, name: name, team: team), certificate: certificate,
            authorities: authorities, revoked: object["revoked"]?.string ?? "",
            time: Timestamp(milliseconds: time), servers: servers, credentialSecret: secret)
    }
}

extension EnrolmentAnswer: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.object("device") { json in
                json.field("id", device.id)
                json.field("name", device.name)
                json.field("team", device.team)
            }
            json.field("certificate", certificate)
            json.field("authorities", authorities)
            json.field("revoked", revoked)
            json.field("time", time.milliseconds)
            json.field("servers", servers)
            json.field("credentialSecret", credentialSecret)
        }
    }
}
