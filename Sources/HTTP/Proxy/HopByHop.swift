/// Fields that speak about one connection and go no further (RFC 9110 §7.6.1).
enum HopByHop {
    private static let names: Set<String> = [
        Header.connection, Header.keepAlive, Header.proxyConnection, Header.proxyAuthenticate,
        Header.proxyAuthorization, Header.te, Header.trailer, Header.transferEncoding,
        Header.upgrade, Header.contentLength, Header.expect,
    ]

    /// Those, and whatever `Connection` names.
    static func remove(from headers: inout Headers) {
        let named = Set(headers.tokens(Header.connection))
        headers.removeAll { name, _ in names.contains(name) || named.contains(name) }
    }
}
