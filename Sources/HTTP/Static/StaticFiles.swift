package import Basics
/// Files of the executable, served from where they lie: coded ahead of time, with entity tags,
/// ranges and conditions. Names that carry a hash are kept by browsers for ever, others are asked
/// for each time.
package struct StaticFiles: Sendable {
    package struct Asset: Sendable {
        /// Begins with a slash. `X.br` and `X.gz` are codings of `X`.
        package var path: String
        package var bytes: StaticBytes
        /// Hexadecimal SHA-256.
        package var digest: String

        package init(path: String, bytes: StaticBytes, digest: String) {
            self.path = path
            self.bytes = bytes
            self.digest = digest
        }
    }

    private struct Variant: Sendable {
        var coding: String?
        var bytes: StaticBytes
        var etag: String
    }

    private struct Entry: Sendable {
        /// Smallest first; the one without a coding is last.
        var variants: [Variant]
        var headers: Headers
    }

    private let entries: [String: Entry]

    package init(_ assets: [Asset]) {
        let byPath = Dictionary(assets.map { ($0.path, $0) }) { first, _ in first }
        var entries: [String: Entry] = [:]
        for asset in assets {
            let isCoding = Self.codings.contains { suffix, _ in
                asset.path.hasSuffix(suffix)
                    && byPath[String(asset.path.dropLast(suffix.count))] != nil
            }
            if isCoding { continue }
            var variants: [Variant] = []
            for (suffix, coding) in Self.codings {
                guard let coded = byPath[asset.path + suffix],
                    coded.bytes.count < asset.bytes.count
                else { continue }
                variants.append(
                    Variant(coding: coding, bytes: coded.bytes, etag: Self.etag(coded, coding)))
            }
            variants.sort { $0.bytes.count < $1.bytes.count }
            variants.append(
                Variant(coding: nil, bytes: asset.bytes, etag: Self.etag(asset, nil)))
            var headers: Headers = [
                Header.contentType: ContentType.of(path: asset.path),
                Header.cacheControl: Self.isHashed(asset.path)
                    ? "public, max-age=31536000, immutable" : "no-cache",
                Header.acceptRanges: "bytes",
                Header.xContentTypeOptions: "nosniff",
            ]
            if variants.count > 1 { headers.add(Header.vary, "Accept-Encoding") }
            entries[asset.path] = Entry(variants: variants, headers: headers)
        }
        self.entries = entries
    }

    package func contains(_ path: String) -> Bool { entries[path] != nil }

    /// `nil` if there is no such file. Anything but GET and HEAD is a 405.
    package func response(_ head: RequestHead, path: String) -> Response? {
        guard let entry = entries[path] else { return nil }
        guard head.method == .get || head.method == .head else {
            return .text(
                "Only GET and HEAD here.\n", status: 405, headers: [Header.allow: "GET, HEAD"])
        }
        // A range counts bytes of the file itself.
        let takesCoding = !head.headers.contains(Header.range)
        let chosen = entry.variants.first { variant in
            guard let coding = variant.coding else { return true }
            return takesCoding && AcceptEncoding.takes(coding, head.headers)
        }
        // The variant without coding is always there.
        guard let variant = chosen else { return nil }
        var headers = entry.headers
        headers.add(Header.etag, variant.etag)
        if let coding = variant.coding { headers.add(Header.contentEncoding, coding) }
        let size = variant.bytes.count
        switch Preconditions.decide(head, etag: variant.etag, size: size) {
        case .full: return .full(status: 200, headers: headers, body: .static(variant.bytes))
        case .notModified: return .full(status: 304, headers: headers, body: .none)
        case .failed: return .full(status: 412, headers: headers, body: .none)
        case .unsatisfiable:
            headers.add(Header.contentRange, "bytes */\(size)")
            return .full(status: 416, headers: headers, body: .none)
        case .partial(let range):
            let last = range.upperBound - 1
            headers.add(Header.contentRange, "bytes \(range.lowerBound)-\(last)/\(size)")
            return .full(
                status: 206, headers: headers, body: .static(variant.bytes.range(range)))
        }
    }

    private static let codings = [(".br", "br"), (".gz", "gzip")]

    private static func etag(_ asset: Asset, _ coding: String?) -> String {
        "\"\(asset.digest.prefix(32))\(coding.map { "-\($0)" } ?? "")\""
    }

    /// `name-0123abcd.ext`: the part behind the last dash is at least eight letters and digits.
    private static func isHashed(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        guard let dash = name.lastIndex(of: "-") else { return false }
        let hash = name[name.index(after: dash)...].prefix { $0 != "." }
        return hash.utf8.count >= 8 && hash.contains { $0.isNumber || $0.isUppercase }
            && hash.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }
}
