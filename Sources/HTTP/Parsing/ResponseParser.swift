/// Heads of answers out of bytes; as strict as for requests where framing is concerned, since a
/// hostile instance may try to smuggle an answer to somebody else's request.
package struct ResponseParser: ~Copyable {
    package struct Step: Sendable, Equatable {
        package var consumed: Int
        package var head: ResponseHead?
    }

    private let limits: HTTPLimits
    private var buffer: HeadBuffer
    private var method: Method

    /// - Parameter method: of the request, since an answer to HEAD has no body whatever it says.
    package init(answering method: Method, limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        self.method = method
        buffer = HeadBuffer(limits: limits)
    }

    package var isInsideHead: Bool { !buffer.isEmpty }

    /// Interim answers (1xx) are heads like others; feed on after them.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(HTTPFault) -> Step {
        let (limits, method) = (limits, method)
        let (consumed, head) = try buffer.feed(bytes) { (bytes) throws(HTTPFault) in
            try Self.parse(bytes, method, limits)
        }
        return Step(consumed: consumed, head: head)
    }

    mutating func feed(_ bytes: [UInt8], from start: Int) throws(HTTPFault) -> Step {
        try bytes.span.extracting(start...).withUnsafeBytes { (bytes) throws(HTTPFault) in
            try feed(bytes)
        }
    }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, _ method: Method, _ limits: HTTPLimits
    ) throws(HTTPFault) -> ResponseHead {
        // 16: the shortest answer, `HTTP/1.1 200` and two line ends.
        guard let base = bytes.baseAddress, bytes.count >= 16,
            ASCII.starts(base, with: "HTTP/1."),
            base[7] == UInt8(ascii: "0") || base[7] == UInt8(ascii: "1"),
            base[8] == ASCII.space, (UInt8(ascii: "1")...UInt8(ascii: "5")).contains(base[9]),
            ASCII.isDigit(base[10]), ASCII.isDigit(base[11])
        else { throw .malformed("status line") }
        var index = 12
        while base[index] != ASCII.carriageReturn { index &+= 1 }
        guard index == 12 || bytes[12] == ASCII.space else { throw .malformed("status line") }
        let status =
            Int(bytes[9] - 0x30) * 100 + Int(bytes[10] - 0x30) * 10 + Int(bytes[11] - 0x30)
        let reason = String(decoding: bytes[min(13, index)..<index], as: UTF8.self)
        let headers = try FieldBlock.parse(
            UnsafeBufferPointer(rebasing: bytes[(index + 2)...]), maxHeaders: limits.maxHeaders,
            opaqueValues: true)
        let facts = try FramingFacts(headers)
        let minorVersion = Int(bytes[7] - 0x30)
        if facts.isChunked, minorVersion == 0 {
            throw .malformed("transfer coding in HTTP/1.0")
        }
        var framing: BodyFraming
        switch (status, method) {
        case (100..<200, _), (204, _), (304, _), (_, .head): framing = .none
        default:
            framing =
                facts.isChunked
                ? .chunked
                : facts.contentLength.map { $0 == 0 ? .none : .length($0) } ?? .untilClose
        }
        return ResponseHead(
            status: status, reason: reason, minorVersion: minorVersion, headers: headers,
            framing: framing,
            keepAlive: framing != .untilClose && !facts.isClose
                && (minorVersion == 1 || facts.isKeepAlive))
    }
}
