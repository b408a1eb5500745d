/// The three origins of decisions that a request may name, all below one host: what a page that a
/// flow serves can do must not reach the platform or an editor.
package struct SiteOrigins: Sendable {
    package enum Side: String, Sendable, CaseIterable { case platform, editors, pages }

    package let names: HostNames
    /// The ports as clients see them, which behind a port redirection are not the bound ones.
    package let platformPort: Int
    package let editorsPort: Int
    package let pagesPort: Int
    /// What clients send as `Host`, as they mostly write it: for each side, made once.
    private let known: [Side: [String: Authority]]

    package init(names: HostNames, platformPort: Int, editorsPort: Int, pagesPort: Int) {
        self.names = names
        self.platformPort = platformPort
        self.editorsPort = editorsPort
        self.pagesPort = pagesPort
        let ports = [Side.platform: platformPort, .editors: editorsPort, .pages: pagesPort]
        known = ports.mapValues { port in
            let called = names.all.map { Authority(host: $0, port: port == 443 ? nil : port) }
            return Dictionary(called.map { ($0.text, $0) }) { first, _ in first }
        }
    }

    package func port(of side: Side) -> Int {
        switch side {
        case .platform: platformPort
        case .editors: editorsPort
        case .pages: pagesPort
        }
    }

    /// The authority that the client called, if it is one of ours on this side.
    package func authority(host: String?, on side: Side) -> Authority? {
        if let host, let authority = known[side]?[host], names.contains(authority.host) {
            return authority
        }
        guard let authority = host.flatMap(Authority.init), names.contains(authority.host),
            (authority.port ?? 443) == port(of: side)
        else { return nil }
        return authority
    }

    /// The same host on another side: `https://plant:8444`.
    package func origin(of side: Side, for called: Authority) -> String {
        Authority(host: called.host, port: port(of: side)).httpsOrigin
    }
}
