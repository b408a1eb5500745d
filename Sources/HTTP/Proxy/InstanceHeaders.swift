/// What an instance may say to browsers. Everything else would reach beyond it: to the platform's
/// cookies, or to other instances on the same origin.
enum InstanceHeaders {
    static func filter(_ headers: inout Headers) {
        headers.removeAll { name in
            switch name {
            case "clear-site-data", "strict-transport-security", "service-worker-allowed",
                "alt-svc":
                true
            default: false
            }
        }
        guard headers.contains(Header.setCookie) else { return }
        headers.removeAll { name, value in name == Header.setCookie && !maySet(value) }
    }

    /// No cookie of ours, none for a whole domain, and none without a name, which some browsers
    /// send back in a form that looks like one with a name.
    static func maySet(_ cookie: String) -> Bool {
        let parts = cookie.split(separator: ";", omittingEmptySubsequences: false)
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return false }
        let name = pair[..<equals].trimmingBlanks().lowercased()
        guard !name.isEmpty, !name.hasPrefix("__host-lineside") else { return false }
        return !parts.dropFirst().contains { attribute in
            let name = attribute.prefix { $0 != "=" }.trimmingBlanks().lowercased()
            return name == "domain"
        }
    }
}
