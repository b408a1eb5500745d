/// Request heads out of bytes; strict, incremental, no I/O. Once it has thrown, the connection is
/// of no more use.
package struct RequestParser: ~Copyable {
    package struct Step: Sendable, Equatable {
        /// Of the bytes given; what follows a head belongs to its body or to the next request.
        package var consumed: Int
        package var head: RequestHead?
    }

    private let limits: HTTPLimits
    private var buffer: HeadBuffer

    package init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        buffer = HeadBuffer(limits: limits)
    }

    /// A head has begun and is not whole: the head timer runs, and an end of the connection here
    /// is no clean one.
    package var isInsideHead: Bool { !buffer.isEmpty }

    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(HTTPFault) -> Step {
        let limits = limits
        let (consumed, head) = try buffer.feed(bytes) { (bytes) throws(HTTPFault) in
            try Self.parse(bytes, limits)
        }
        return Step(consumed: consumed, head: head)
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, _ limits: HTTPLimits
    ) throws(HTTPFault) -> RequestHead {
        guard let base = bytes.baseAddress else { throw .malformed("empty head") }
        var index = 0
        while ASCII.isToken(base[index]) { index &+= 1 }
        // Every head ends in CRLF, so the search above and those below stop inside it.
        guard index > 0, base[index] == ASCII.space else { throw .malformed("method") }
        guard index <= 24 else { throw HTTPFault(501, "method too long") }
        let method = Self.method(base, index)
        let targetStart = index &+ 1
        index = targetStart
        while base[index] > ASCII.space { index &+= 1 }
        let targetEnd = index
        guard targetEnd > targetStart, base[index] == ASCII.space else {
            throw .malformed("request line")
        }
        guard targetEnd - targetStart <= limits.maxTarget else {
            throw HTTPFault(414, "target too long")
        }
        let minorVersion = try version(base + targetEnd + 1, bytes.count - targetEnd - 1)
        let fields = UnsafeBufferPointer(rebasing: bytes[(targetEnd + 11)...])
        let checked = try RequestTarget.check(base + targetStart, targetEnd - targetStart).get()
        let raw = UnsafeBufferPointer(start: base + targetStart, count: targetEnd - targetStart)
        if raw.count == 1, raw[0] == UInt8(ascii: "*"), method != .options {
            throw .malformed("target is not a path")
        }
        let target = RequestTarget(raw: String(decoding: raw, as: UTF8.self), checked: checked)
        let headers = try FieldBlock.parse(
            fields, maxHeaders: limits.maxHeaders, opaqueValues: false)
        return try head(method, target, minorVersion, headers)
    }

    private static func head(
        _ method: Method, _ target: RequestTarget, _ minorVersion: Int, _ headers: Headers
    ) throws(HTTPFault) -> RequestHead {
        let facts = try FramingFacts(headers)
        guard facts.hosts == 1 || (facts.hosts == 0 && minorVersion == 0), facts.isHostValid
        else { throw .malformed("host") }
        if facts.isChunked, minorVersion == 0 {
            throw .malformed("transfer coding in HTTP/1.0")
        }
        let framing: BodyFraming =
            facts.isChunked
            ? .chunked : facts.contentLength.map { $0 == 0 ? .none : .length($0) } ?? .none
        var upgrade: String?
        if let range = facts.upgrade, facts.namesUpgrade, minorVersion == 1 {
            upgrade = String(decoding: headers.bytes[range], as: UTF8.self).lowercased()
        }
        return RequestHead(
            method: method, target: target, minorVersion: minorVersion, headers: headers,
            framing: framing,
            keepAlive: !facts.isClose && (minorVersion == 1 || facts.isKeepAlive),
            expectsContinue: facts.expectsContinue && minorVersion == 1, upgrade: upgrade)
    }

    /// `HTTP/1.0` or `HTTP/1.1`, then CRLF at once.
    private static func version(
        _ base: UnsafePointer<UInt8>, _ count: Int
    ) throws(HTTPFault) -> Int {
        guard count >= 10, ASCII.starts(base, with: "HTTP/"), ASCII.isDigit(base[5]),
            base[6] == UInt8(ascii: "."), ASCII.isDigit(base[7]),
            base[8] == ASCII.carriageReturn, base[9] == ASCII.lineFeed
        else { throw .malformed("request line") }
        guard base[5] == UInt8(ascii: "1"), base[7] <= UInt8(ascii: "1") else {
            throw HTTPFault(505, "version other than HTTP/1.0 and HTTP/1.1")
        }
        return Int(base[7] - 0x30)
    }

    private static func method(_ base: UnsafePointer<UInt8>, _ count: Int) -> Method {
        if count == 3, ASCII.starts(base, with: "GET") { return .get }
        return Method(
            String(decoding: UnsafeBufferPointer(start: base, count: count), as: UTF8.self))
    }
}
