/// The chunked coding (RFC 9112 §7.1), strict: hexadecimal digits alone, CRLF everywhere, at most
/// so many bytes of extensions and trailers. Both are thrown away.
package struct ChunkedDecoder: Sendable {
    private enum State: Sendable {
        case size, sizeLineFeed
        case extensionName, extensionValue, quoted, quotedPair, quotedEnd
        case data, dataReturn, dataLineFeed
        case trailerStart, trailer, trailerLineFeed, lastLineFeed
        case done
    }

    private var state = State.size
    private var digits = 0
    private var remaining: UInt64 = 0
    private var extensionBytes = 0
    /// Of the name or value that is being read.
    private var length = 0
    private var trailerBytes = 0
    private var trailerHasColon = false

    package init() {}

    package var isDone: Bool { state == .done }

    /// Appends what is data to `output`.
    /// - Returns: how many bytes were taken: all, unless the last chunk ends among them.
    package mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) throws(HTTPFault) -> Int {
        var index = 0
        while index < input.count, state != .done {
            if state == .data {
                let count = Int(min(remaining, UInt64(input.count - index)))
                output.append(
                    contentsOf: UnsafeRawBufferPointer(rebasing: input[index..<index + count]))
                index += count
                remaining -= UInt64(count)
                if remaining == 0 { state = .dataReturn }
            } else {
                try take(input[index])
                index += 1
            }
        }
        return index
    }

    private mutating func take(_ byte: UInt8) throws(HTTPFault) {
        switch state {
        case .size:
            if let digit = Self.hex(byte) {
                // 15 digits: as much as an Int64 holds for certain.
                guard digits < 15 else { throw .malformed("chunk size") }
                remaining = remaining << 4 | UInt64(digit)
                digits += 1
            } else if digits > 0, byte == UInt8(ascii: ";") {
                (state, length) = (.extensionName, 0)
            } else if digits > 0, byte == ASCII.carriageReturn {
                state = .sizeLineFeed
            } else {
                throw .malformed("chunk size")
            }
        case .extensionName, .extensionValue, .quoted, .quotedPair, .quotedEnd:
            try takeExtension(byte)
        case .sizeLineFeed:
            try expect(byte, ASCII.lineFeed)
            state = remaining == 0 ? .trailerStart : .data
            digits = 0
        case .dataReturn:
            try expect(byte, ASCII.carriageReturn)
            state = .dataLineFeed
        case .dataLineFeed:
            try expect(byte, ASCII.lineFeed)
            state = .size
        case .trailerStart:
            if byte == ASCII.carriageReturn {
                state = .lastLineFeed
            } else {
                trailerHasColon = false
                state = .trailer
                guard ASCII.isToken(byte) else { throw .malformed("trailer") }
                try count(byte)
            }
        case .trailer:
            if byte == ASCII.carriageReturn {
                guard trailerHasColon else { throw .malformed("trailer") }
                state = .trailerLineFeed
            } else {
                try count(byte)
            }
        case .trailerLineFeed:
            try expect(byte, ASCII.lineFeed)
            state = .trailerStart
        case .lastLineFeed:
            try expect(byte, ASCII.lineFeed)
            state = .done
        case .data, .done: break
        }
    }

    /// `;name`, `;name=token` or `;name="quoted"`, without blanks.
    private mutating func takeExtension(_ byte: UInt8) throws(HTTPFault) {
        extensionBytes += 1
        guard extensionBytes <= 4096 else { throw .malformed("chunk extensions too long") }
        switch (state, byte) {
        case (.quotedPair, _) where ASCII.isText(byte) && byte < 0x80: state = .quoted
        case (.quoted, UInt8(ascii: "\\")): state = .quotedPair
        case (.quoted, UInt8(ascii: "\"")): (state, length) = (.quotedEnd, 1)
        case (.quoted, _) where ASCII.isText(byte) && byte < 0x80: break
        case (.extensionValue, UInt8(ascii: "\"")) where length == 0: state = .quoted
        case (.extensionName, UInt8(ascii: "=")) where length > 0:
            (state, length) = (.extensionValue, 0)
        case (.extensionName, UInt8(ascii: ";")) where length > 0,
            (.extensionValue, UInt8(ascii: ";")) where length > 0,
            (.quotedEnd, UInt8(ascii: ";")):
            (state, length) = (.extensionName, 0)
        case (.extensionName, ASCII.carriageReturn) where length > 0,
            (.extensionValue, ASCII.carriageReturn) where length > 0,
            (.quotedEnd, ASCII.carriageReturn):
            state = .sizeLineFeed
        case (.extensionName, _) where ASCII.isToken(byte),
            (.extensionValue, _) where ASCII.isToken(byte):
            length += 1
        default: throw .malformed("chunk extension")
        }
    }

    private mutating func count(_ byte: UInt8) throws(HTTPFault) {
        trailerBytes += 1
        guard trailerBytes <= 8192 else { throw HTTPFault(431, "trailers too long") }
        if byte == UInt8(ascii: ":") {
            trailerHasColon = true
        } else if !(trailerHasColon ? ASCII.isText(byte) : ASCII.isToken(byte)) {
            throw .malformed("trailer")
        }
    }

    private func expect(_ byte: UInt8, _ wanted: UInt8) throws(HTTPFault) {
        guard byte == wanted else { throw .malformed("chunk") }
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
