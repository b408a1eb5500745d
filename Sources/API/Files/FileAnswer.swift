import Basics
package import HTTP
package import Site

/// A file as an answer: whole, a range of it, or the news that it has not changed. Memory holds one
/// piece of it.
package enum FileAnswer {
    private static let piece = 256 << 10
    /// How often a long answer looks whether it may still go on.
    private static let look = Duration.seconds(1)

    /// - Parameters:
    ///   - headers: beside those that every file has.
    ///   - mayGoOn: asked once a second while bytes flow.
    package static func response(
        to head: RequestHead, _ file: OpenedFile, _ headers: Headers,
        mayGoOn: @escaping @Sendable () async -> Bool = { true }
    ) -> Response {
        let item = file.item
        let size = Int(item.size)
        // A flow may have set any time; one that is still to come would never grow old.
        let modified = min(item.modifiedAt, .now())
        var headers = headers
        headers.add(Header.etag, item.etag)
        if modified.milliseconds > 0 { headers.add(Header.lastModified, modified.httpDate) }
        headers.add(Header.acceptRanges, "bytes")
        headers[Header.xContentTypeOptions] = "nosniff"
        switch Preconditions.decide(head, etag: item.etag, modified: modified, size: size) {
        case .notModified: return .full(status: 304, headers: headers, body: .none)
        case .failed: return .full(status: 412, headers: bare(headers), body: .none)
        case .unsatisfiable:
            headers.add(Header.contentRange, "bytes */\(size)")
            return .full(status: 416, headers: bare(headers), body: .none)
        case .full: return stream(file, 0..<size, status: 200, headers, mayGoOn)
        case .partial(let range):
            headers.add(
                Header.contentRange, "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)")
            return stream(file, range, status: 206, headers, mayGoOn)
        }
    }

    private static func bare(_ headers: Headers) -> Headers {
        var headers = headers
        headers.remove(Header.contentType)
        headers.remove(Header.contentDisposition)
        return headers
    }

    private static func stream(
        _ file: OpenedFile, _ range: Range<Int>, status: Int, _ headers: Headers,
        _ mayGoOn: @escaping @Sendable () async -> Bool
    ) -> Response {
        .stream(status: status, headers: headers, length: Int64(range.count)) { writer in
            var offset = range.lowerBound
            var looked = ContinuousClock.now
            while offset < range.upperBound {
                let bytes = try await file.read(
                    at: Int64(offset), count: min(piece, range.upperBound - offset))
                // What was announced is not there any more: the client must see it.
                guard !bytes.isEmpty else { throw StreamFault.failed("the file was cut") }
                try await writer.write(bytes)
                offset += bytes.count
                guard ContinuousClock.now - looked >= look else { continue }
                looked = .now
                guard await mayGoOn() else { throw StreamFault.closed }
            }
        }
    }

    /// `Content-Disposition` for a name that a stranger chose (RFC 6266, RFC 8187).
    package static func attachment(_ name: String) -> String {
        let plain = name.unicodeScalars.map { scalar -> String in
            let isPlain =
                (0x20..<0x7F).contains(scalar.value) && !"\"\\%".unicodeScalars.contains(scalar)
            return isPlain ? String(scalar) : "_"
        }.joined()
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(PercentCoding.encode(name))"
    }
}
