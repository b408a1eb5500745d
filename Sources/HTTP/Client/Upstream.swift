/// Where a request is passed on to.
package enum Upstream: Sendable, Hashable {
    /// An IP address or `localhost`; names are not looked up.
    case tcp(host: String, port: UInt16)
    case unix(path: String)

    package var text: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
