/// Heads into bytes: the only place that makes them. It refuses what would split a head, and it
/// alone writes the fields that decide framing, whatever the headers say.
package enum HeadWriter {
    /// What becomes of the connection behind the message.
    package enum Connection: Sendable, Equatable {
        case keepAlive
        case close
        /// The protocol that both sides speak from here on.
        case upgrade(String)
    }

    package static func request(
        _ method: Method, target: String, headers: Headers, framing: BodyFraming,
        connection: Connection = .keepAlive
    ) throws(HTTPFault) -> [UInt8] {
        guard !method.text.isEmpty, method.text.utf8.allSatisfy(ASCII.isToken),
            !target.isEmpty, target.utf8.allSatisfy({ $0 > ASCII.space && $0 < ASCII.delete })
        else { throw HTTPFault(500, "request line that would split the head") }
        var bytes = start(headers)
        bytes.append(contentsOf: method.text.utf8)
        bytes.append(ASCII.space)
        bytes.append(contentsOf: target.utf8)
        bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
        try append(headers, to: &bytes)
        switch framing {
        case .length(let count): append("Content-Length", String(count), to: &bytes)
        case .chunked: append("Transfer-Encoding", "chunked", to: &bytes)
        case .none where method == .post || method == .put || method == .patch:
            append("Content-Length", "0", to: &bytes)
        case .none, .untilClose: break
        }
        finish(connection, &bytes)
        return bytes
    }

    /// - Parameters:
    ///   - date: of the `Date` field, made once a second by who calls; replaces that of `headers`.
    ///   - framing: `.none` writes `Content-Length: 0` where a body could be; a length that goes
    ///     with HEAD or 304 describes the body that is not sent.
    package static func response(
        _ status: Int, reason: String? = nil, headers: Headers, framing: BodyFraming,
        connection: Connection = .keepAlive, date: String? = nil
    ) throws(HTTPFault) -> [UInt8] {
        let reason = reason ?? Status.text(status)
        guard (100...999).contains(status), reason.utf8.allSatisfy(ASCII.isText) else {
            throw HTTPFault(500, "status line that would split the head")
        }
        var bytes = start(headers)
        bytes.append(contentsOf: "HTTP/1.1 ".utf8)
        bytes.append(contentsOf: String(status).utf8)
        bytes.append(ASCII.space)
        bytes.append(contentsOf: reason.utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        try append(headers, to: &bytes, without: date == nil ? nil : Header.date)
        if let date { append("Date", date, to: &bytes) }
        switch framing {
        case .length(let count): append("Content-Length", String(count), to: &bytes)
        case .chunked: append("Transfer-Encoding", "chunked", to: &bytes)
        case .none where status >= 200 && status != 204 && status != 304:
            append("Content-Length", "0", to: &bytes)
        case .none, .untilClose: break
        }
        finish(connection, &bytes)
        return bytes
    }

    /// `100 Continue`.
    package static let proceed: [UInt8] = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private static func start(_ headers: Headers) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headers.bytes.count + headers.count * 4 + 256)
        return bytes
    }

    private static func finish(_ connection: Connection, _ bytes: inout [UInt8]) {
        switch connection {
        case .keepAlive: break
        case .close: append("Connection", "close", to: &bytes)
        case .upgrade(let name):
            append("Connection", "Upgrade", to: &bytes)
            append("Upgrade", name, to: &bytes)
        }
        bytes += [0x0D, 0x0A]
    }

    private static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: ": ".utf8)
        bytes.append(contentsOf: value.utf8)
        bytes.append(contentsOf: "\r\n".utf8)
    }

    private static func append(
        _ headers: Headers, to bytes: inout [UInt8], without skipped: String? = nil
    ) throws(HTTPFault) {
        let isSafe = headers.bytes.withUnsafeBufferPointer { block in
            guard let base = block.baseAddress else { return true }
            for slot in headers.slots {
                let name = UnsafeBufferPointer(rebasing: block[slot.name])
                let value = UnsafeBufferPointer(rebasing: block[slot.value])
                if isFraming(name) || skipped.map({ name.elementsEqual($0.utf8) }) ?? false {
                    continue
                }
                guard !name.isEmpty, isText(base + slot.value.lowerBound, value.count) else {
                    return false
                }
                // Written as people write them: there are clients in plants that look for them so.
                var isFirst = true
                for byte in name {
                    guard ASCII.isToken(byte) else { return false }
                    bytes.append(isFirst && byte &- 0x61 < 26 ? byte & 0xDF : byte)
                    isFirst = byte == UInt8(ascii: "-")
                }
                bytes.append(UInt8(ascii: ":"))
                bytes.append(ASCII.space)
                bytes.append(contentsOf: value)
                bytes.append(ASCII.carriageReturn)
                bytes.append(ASCII.lineFeed)
            }
            return true
        }
        guard isSafe else { throw HTTPFault(500, "header field that would split the head") }
    }

    private static func isText(_ base: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var index = 0
        while true {
            index = ASCII.skipPlain(base, index, count)
            guard index < count else { return true }
            guard ASCII.isText(base[index]) else { return false }
            index &+= 1
        }
    }

    private static func isFraming(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        func named(_ text: StaticString) -> Bool {
            name.baseAddress.map { ASCII.equalIgnoringCase($0, name.count, text) } ?? false
        }
        return switch name.count {
        case 7: named("upgrade") || named("trailer")
        case 10: named("connection") || named("keep-alive")
        case 14: named("content-length")
        case 17: named("transfer-encoding")
        default: false
        }
    }
}
