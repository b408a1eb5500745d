import Basics

/// Cookies, both ways (RFC 6265).
package enum Cookie {
    /// The value of that name. `nil` as well if the name comes twice: somebody has planted a second
    /// one, and which of them is ours nobody can tell.
    package static func value(_ name: String, in headers: Headers) -> String? {
        var found: String?
        for (other, value) in pairs(headers) where other == name {
            guard found == nil else { return nil }
            found = value
        }
        return found
    }

    package static func pairs(_ headers: Headers) -> [(name: String, value: String)] {
        headers.all(Header.cookie).flatMap { $0.split(separator: ";") }.compactMap(pair)
    }

    /// Drops cookies from a request, and leaves the others as they were sent.
    package static func remove(
        from headers: inout Headers, where matches: (_ name: String) -> Bool
    ) {
        let all = headers.all(Header.cookie)
        guard !all.isEmpty else { return }
        let kept = all.flatMap { $0.split(separator: ";") }
            .map { $0.trimmingBlanks() }
            .filter { !$0.isEmpty && !matches(pair($0[...])?.name ?? "") }
        headers.remove(Header.cookie)
        if !kept.isEmpty { headers.add(Header.cookie, kept.joined(separator: "; ")) }
    }

    private static func pair(_ text: Substring) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = text[..<equals].trimmingBlanks()
        guard !name.isEmpty else { return nil }
        return (name, text[text.index(after: equals)...].trimmingBlanks())
    }
}

/// What one `Set-Cookie` says.
package struct SetCookie: Sendable, Equatable {
    package enum SameSite: String, Sendable { case strict = "Strict", lax = "Lax", none = "None" }

    package var name: String
    package var value: String
    /// Without it the browser forgets the cookie when it closes.
    package var maxAge: Duration?
    package var sameSite: SameSite
    package var secure: Bool

    /// Always `HttpOnly` and for the whole origin.
    package init(
        _ name: String, _ value: String, maxAge: Duration? = nil, sameSite: SameSite = .strict,
        secure: Bool = true
    ) {
        self.name = name
        self.value = value
        self.maxAge = maxAge
        self.sameSite = sameSite
        self.secure = secure
    }

    package static func expiring(_ name: String) -> SetCookie {
        SetCookie(name, "", maxAge: .zero)
    }

    package var text: String {
        var text = "\(name)=\(value); Path=/; HttpOnly; SameSite=\(sameSite.rawValue)"
        if secure { text += "; Secure" }
        if let maxAge { text += "; Max-Age=\(maxAge.components.seconds)" }
        return text
    }
}
