/// Fields that speak about one connection and go no further (RFC 9110 §7.6.1).
enum HopByHop {
    /// Those, and whatever `Connection` names.
    static func remove(from headers: inout Headers) {
        let named = namedFields(headers)
        headers.removeAll { name in
            switch name {
            case "connection", "keep-alive", "proxy-connection", "proxy-authenticate",
                "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
                "content-length", "expect":
                true
            default: !named.isEmpty && named.contains(name.text)
            }
        }
    }

    private static func namedFields(_ headers: Headers) -> [String] {
        switch headers.all(Header.connection) {
        // As nearly all of them are.
        case [], ["keep-alive"], ["close"]: []
        default: headers.tokens(Header.connection)
        }
    }
}
