/// What stands in a URL for an instance: 1 to 48 of `a–z 0–9 -`, unique in the site.
package struct Slug: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// First path segments that the appliance answers itself, now or later.
    package static let reserved: Set<String> = [
        "-", "admin", "api", "app", "assets", "d", "f", "favicon", "health", "lineside", "live",
        "login", "logout", "metrics", "mqtt", "node-red", "npm", "oauth", "open", "pages", "red",
        "robots", "session", "setup", "static", "v1", "v2", "vault", "well-known",
    ]

    package init(validating text: String) throws(ValidationFault) {
        guard (1...48).contains(text.utf8.count) else {
            throw ValidationFault("must be 1 to 48 characters")
        }
        let dash = UInt8(ascii: "-")
        guard text.utf8.allSatisfy({ $0.isSmallAlphanumeric || $0 == dash }),
            text.utf8.first != dash, text.utf8.last != dash
        else {
            throw ValidationFault(
                "may hold only a–z, 0–9 and -, and neither begin nor end with -")
        }
        guard !Slug.reserved.contains(text) else { throw ValidationFault("is a reserved word") }
        self.text = text
    }

    package init(stored text: String) { self.text = text }

    package var description: String { text }

    /// Made from a name: "Füllerei Linie 3" becomes `fuellerei-linie-3`. `attempt` from 2 on is
    /// appended, for when the first is taken.
    package static func suggested(for name: String, attempt: Int = 1) -> Slug {
        var text = ""
        for scalar in name.lowercased().unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9": text.unicodeScalars.append(scalar)
            case "ä": text += "ae"
            case "ö": text += "oe"
            case "ü": text += "ue"
            case "ß": text += "ss"
            case "à", "á", "â", "ã", "å": text += "a"
            case "è", "é", "ê", "ë": text += "e"
            case "ì", "í", "î", "ï": text += "i"
            case "ò", "ó", "ô", "õ", "ø": text += "o"
            case "ù", "ú", "û": text += "u"
            case "ç", "č": text += "c"
            case "ñ": text += "n"
            default: if !text.isEmpty, text.last != "-" { text += "-" }
            }
        }
        text = String(text.prefix(40))
        while text.last == "-" { text.removeLast() }
        if text.isEmpty { text = "instance" }
        if attempt > 1 { text += "-\(attempt)" }
        if reserved.contains(text) { text += "-1" }
        return Slug(stored: text)
    }
}
