import Basics

/// Path and query of a request, as received and checked: no control, no dot segment however it is
/// written, no broken percent coding in the path. Only origin-form, and `*` for OPTIONS; absolute
/// URLs are refused, since they would be a second opinion on the host.
package struct RequestTarget: Sendable, Equatable {
    package let raw: String
    private let pathCount: Int
    /// No empty segment but the last, no coded slash, backslash or NUL in a segment: what our own
    /// routes take. Instances may be asked for the rest.
    package let isPlain: Bool

    package init(_ raw: String) throws(HTTPFault) {
        var raw = raw
        var checked = Checked(pathCount: 0, isPlain: true)
        let fault: HTTPFault? = raw.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return .malformed("empty target") }
            switch Self.check(base, bytes.count) {
            case .success(let found): checked = found
            case .failure(let fault): return fault
            }
            return nil
        }
        if let fault { throw fault }
        self.init(raw: raw, checked: checked)
    }

    init(raw: String, checked: Checked) {
        self.raw = raw
        pathCount = checked.pathCount
        isPlain = checked.isPlain
    }

    /// Not decoded.
    package var path: String { String(decoding: raw.utf8.prefix(pathCount), as: UTF8.self) }

    /// Not decoded, without the `?`.
    package var query: String? {
        guard pathCount < raw.utf8.count else { return nil }
        return String(decoding: raw.utf8.dropFirst(pathCount + 1), as: UTF8.self)
    }

    /// Percent-decoded parts of the path between the slashes: `/a/` gives `a` and an empty one.
    /// A segment that is not UTF-8 once decoded stays as it was sent.
    package var segments: [String] {
        raw.utf8.prefix(pathCount).dropFirst()
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { part in
                let text = String(decoding: part, as: UTF8.self)
                return part.contains(UInt8(ascii: "%")) ? PercentCoding.decode(text) ?? text : text
            }
    }

    /// Names and values of the query; what cannot be decoded is given as it was sent.
    package func queryItems() -> [(String, String)] {
        guard let query else { return [] }
        return query.split(separator: "&").map { item in
            let parts = item.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func decoded(_ text: Substring) -> String {
                PercentCoding.decode(text, plusIsSpace: true) ?? String(text)
            }
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    /// The first value of that name in the query.
    package func first(_ name: String) -> String? {
        queryItems().first { $0.0 == name }?.1
    }
}

extension RequestTarget {
    struct Checked: Sendable, Equatable {
        var pathCount: Int
        var isPlain: Bool
    }

    /// One pass over the bytes of a target.
    static func check(_ base: UnsafePointer<UInt8>, _ count: Int) -> Result<Checked, HTTPFault> {
        guard count > 0 else { return .failure(.malformed("empty target")) }
        if count == 1, base[0] == UInt8(ascii: "*") {
            return .success(Checked(pathCount: 1, isPlain: true))
        }
        guard base[0] == UInt8(ascii: "/") else {
            return .failure(.malformed("target is not a path"))
        }
        var plain = true
        var index = 1
        // Of the part since the last slash, coded slashes included.
        var letters = 0
        var dots = 0
        path: while index < count {
            var byte = base[index]
            var width = 1
            switch byte {
            case UInt8(ascii: "?"): break path
            case UInt8(ascii: "%"):
                guard index + 2 < count, let high = Hex.value(base[index + 1]),
                    let low = Hex.value(base[index + 2])
                else { return .failure(.malformed("broken percent coding in the path")) }
                byte = high << 4 | low
                width = 3
                if byte == 0 { return .failure(.malformed("NUL in the path")) }
            case 0...0x20, 0x7F..., UInt8(ascii: "\\"), UInt8(ascii: "#"), UInt8(ascii: "\""),
                UInt8(ascii: "<"), UInt8(ascii: ">"):
                return .failure(.malformed("letter that a path may not hold"))
            default: break
            }
            index += width
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "\\"):
                if letters == dots, dots == 1 || dots == 2 {
                    return .failure(.malformed("dot segment in the path"))
                }
                if letters == 0 || width == 3 { plain = false }
                letters = 0
                dots = 0
            case UInt8(ascii: "."):
                letters += 1
                dots += 1
            default: letters += 1
            }
        }
        if letters == dots, dots == 1 || dots == 2 {
            return .failure(.malformed("dot segment in the path"))
        }
        let pathCount = index
        while index < count {
            let byte = base[index]
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#") else {
                return .failure(.malformed("letter that a query may not hold"))
            }
            index += 1
        }
        return .success(Checked(pathCount: pathCount, isPlain: plain))
    }
}
