/// Which content coding a client takes (RFC 9110 §12.5.3).
enum AcceptEncoding {
    static func takes(_ coding: String, _ headers: Headers) -> Bool {
        var wildcard = false
        for item in headers.tokens(Header.acceptEncoding) {
            let parts = item.split(separator: ";").map { $0.trimmingBlanks() }
            guard let name = parts.first else { continue }
            let refused = parts.dropFirst().contains { part in
                part.hasPrefix("q=") && part.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
            }
            if name == coding { return !refused }
            if name == "*" { wildcard = !refused }
        }
        return wildcard
    }
}
