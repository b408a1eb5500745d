import Net

/// Where a request is passed on to.
package enum Upstream: Sendable, Hashable {
    /// An IP address or `localhost`; names are not looked up.
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    package var text: String { address.description }

    var address: ConnectAddress {
        switch self {
        case .tcp(let host, let port): .tcp(host: host, port: port)
        case .unix(let path): .unix(path: path)
        }
    }

    /// For `Host` where the caller has none.
    var authority: String {
        switch self {
        case .tcp: text
        case .unix: "localhost"
        }
    }
}
