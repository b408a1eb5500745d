/// What an agent's npm and a palette manager need to take everything from this appliance.
package struct PaletteSettings: Sendable, Equatable {
    /// `https://plant:8443`, as the device calls us.
    package let origin: String
    /// What opens the registry to this device; `nil`: npm is to be told otherwise.
    package let token: String?
    /// PEM of the authorities behind the server's certificate, because npm forgets
    /// `NODE_EXTRA_CA_CERTS` where its own configuration names a `cafile`; `nil`: the device knows
    /// them, as it must for its own connections.
    package let authorities: String?

    package init(origin: String, token: String?, authorities: String? = nil) {
        self.origin = origin
        self.token = token
        self.authorities = authorities
    }

    package var registry: String { "\(origin)/npm/" }
    package var catalogue: String { "\(origin)/catalogue.json" }

    /// The text of `.npmrc`. The server is always checked: where its authority is not known, npm
    /// says so instead of trusting whoever answers.
    package var npmrc: String {
        let place = registry.split(separator: ":", maxSplits: 1).last.map(String.init) ?? registry
        var lines = [
            "; Packages come from this site's Lineside and from nowhere else.",
            "registry=\(registry)",
        ]
        if let token { lines.append("\(place):_authToken=\(token)") }
        if let authorities {
            let text = authorities.split(whereSeparator: \.isNewline).joined(separator: "\\n")
            lines.append("ca=\"\(text)\"")
        } else {
            lines.append("; Its certificate must be known, by NODE_EXTRA_CA_CERTS for example.")
        }
        lines += ["strict-ssl=true", "audit=false", "fund=false", "update-notifier=false"]
        return lines.joined(separator: "\n") + "\n"
    }
}
