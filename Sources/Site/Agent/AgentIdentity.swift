package import Basics
package import Crypto
package import Domain

/// Who this device is, and which site it belongs to.
package struct AgentIdentity: Sendable, Equatable {
    package var device: Device.ID
    package var name: String
    package var team: Team.ID
    /// PEM.
    package var certificate: String
    /// PEM: who signs devices and servers of the site, now and next.
    package var authorities: String
    /// `https://10.0.0.5:8443`, tried in turn.
    package var servers: [AgentServer]
    /// Under which the flows' credentials are encrypted here. 64 hexadecimal digits.
    package var credentialSecret: String
    /// When the certificate was made, by the appliance's clock.
    package var issuedAt: Timestamp

    package init(
        device: Device.ID, name: String, team: Team.ID, certificate: String, authorities: String,
        servers: [AgentServer], credentialSecret: String, issuedAt: Timestamp
    ) {
        self.device = device
        self.name = name
        self.team = team
        self.certificate = certificate
        self.authorities = authorities
        self.servers = servers
        self.credentialSecret = credentialSecret
        self.issuedAt = issuedAt
    }

    /// User name and client id at the broker.
    package var brokerName: String { "device:\(team):\(device)" }
}

/// An address of the appliance. IP addresses and `localhost` only: no device asks a DNS.
package struct AgentServer: Sendable, Hashable, CustomStringConvertible {
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `https://10.0.0.5:8443`, `https://[fd00::1]:8443`
    package init?(_ url: String) {
        guard url.hasPrefix("https://") else { return nil }
        var rest = url.dropFirst(8)
        while rest.last == "/" { rest.removeLast() }
        var port: UInt16 = 443
        if let colon = rest.lastIndex(of: ":"), rest.last != "]" {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else {
                return nil
            }
            port = number
            rest = rest[..<colon]
        }
        if rest.first == "[", rest.last == "]" { rest = rest.dropFirst().dropLast() }
        guard (1...253).contains(rest.utf8.count),
            rest.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20)
                    || ".:-_".utf8.contains($0)
            })
        else { return nil }
        self.init(host: String(rest), port: port)
    }

    package var description: String {
        host.contains(":") ? "https://[\(host)]:\(port)" : "https://\(host):\(port)"
    }
}

extension AgentIdentity: JSONWritable {
    package func write(to json: inout JSONWriter) { json.object { fields(of: &$0) } }

    fileprivate func fields(of json: inout JSONWriter) {
        json.field("format", 1)
        json.field("device", device)
        json.field("name", name)
        json.field("team", team)
        json.field("certificate", certificate)
        json.field("authorities", authorities)
        json.field("servers", servers.map(\.description))
        json.field("credentialSecret", credentialSecret)
        json.field("issuedAt", issuedAt.milliseconds)
    }

    package init?(_ bytes: [UInt8]) {
        guard let object = try? JSONReader.read(bytes).object, object["format"]?.int == 1,
            let device = object["device"]?.string.flatMap(Device.ID.init),
            let team = object["team"]?.string.flatMap(Team.ID.init),
            let certificate = object["certificate"]?.string,
            let authorities = object["authorities"]?.string,
            let secret = object["credentialSecret"]?.string, Hex.decode(secret)?.count == 32
        else { return nil }
        let servers = object["servers"]?.array?.compactMap { $0.string.flatMap(AgentServer.init) }
        guard let servers, !servers.isEmpty else { return nil }
        self.init(
            device: device, name: object["name"]?.string ?? "", team: team,
            certificate: certificate, authorities: authorities, servers: servers,
            credentialSecret: secret,
            issuedAt: Timestamp(milliseconds: object["issuedAt"]?.int ?? 0))
    }
}

/// The identity on the disk. The key is made here, and never leaves.
package struct AgentIdentityFile: Sendable {
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case none
        case damaged(String)
        case system(SystemError)

        package var description: String {
            switch self {
            case .none:
                "This device has not been enrolled: get a bundle from the appliance, then "
                    + "lineside agent enrol FILE."
            case .damaged(let path):
                "\(path) is damaged: enrol this device again. What it ran last runs on."
            case .system(let error): "The device's identity cannot be used: \(error)."
            }
        }
    }

    private let paths: AgentPaths

    package init(_ paths: AgentPaths) { self.paths = paths }

    /// Enough to run what is there.
    package func loadIdentity() throws(Fault) -> AgentIdentity {
        let file = SealedFile(path: paths.identity)
        guard let bytes = file.read() else {
            throw file.exists ? .damaged(paths.identity) : .none
        }
        guard let identity = AgentIdentity(bytes) else { throw .damaged(paths.identity) }
        return identity
    }

    package func load() throws(Fault) -> (identity: AgentIdentity, key: PrivateKey) {
        let identity = try loadIdentity()
        guard let certificate = try? Certificate(pem: identity.certificate) else {
            throw .damaged(paths.identity)
        }
        for pem in [keyBeside(), SealedFile(path: paths.key).read()].compactMap(\.self) {
            if let key = try? PrivateKey(pem: String(decoding: pem, as: UTF8.self)),
                certificate.belongs(to: key)
            {
                return (identity, key)
            }
        }
        throw .damaged(paths.identity)
    }

    /// An older agent kept it in a file of its own.
    private func keyBeside() -> [UInt8]? {
        let object = SealedFile(path: paths.identity).read()
            .flatMap { try? JSONReader.read($0).object }
        return object?["key"]?.string.map { Array($0.utf8) }
    }

    /// The key for the next request; kept until the certificate for it is here, so that an answer
    /// that was lost can be fetched once more with the same request.
    package func pendingKey() throws(Fault) -> PrivateKey {
        let file = SealedFile(path: "\(paths.key).pending")
        if let pem = file.read(), pem != keyBeside(),
            let key = try? PrivateKey(pem: String(decoding: pem, as: UTF8.self))
        {
            return key
        }
        guard let key = try? PrivateKey.generate(), let pem = try? key.pem() else {
            throw .damaged(paths.key)
        }
        do throws(SystemError) {
            try paths.makeDirectories()
            try file.write(Array(pem.utf8))
        } catch { throw .system(error) }
        return key
    }

    /// Certificate and key in one file: a power cut leaves the former of both or the new of both,
    /// for one with the key of the other would lock the device out.
    package func save(_ identity: AgentIdentity, key: PrivateKey) throws(Fault) {
        guard let pem = try? key.pem() else { throw .damaged(paths.key) }
        var json = JSONWriter()
        json.object { json in
            identity.fields(of: &json)
            json.field("key", pem)
        }
        do throws(SystemError) {
            try paths.makeDirectories()
            try SealedFile(path: paths.identity).write(json.bytes)
            for name in ["", ".2", ".pending", ".pending.2"].map({ paths.key + $0 }) {
                if Files.exists(name) { try Files.removeTree(name) }
            }
        } catch { throw .system(error) }
    }
}
