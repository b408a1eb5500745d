/// Header lines out of bytes, one copy of the block and one pass over it.
enum FieldBlock {
    /// - Parameters:
    ///   - block: from behind the start line to behind the empty line; ends in CRLF CRLF, or is
    ///     just CRLF.
    ///   - opaqueValues: bytes past ASCII need not be UTF-8 (answers of upstreams).
    static func parse(
        _ block: UnsafeBufferPointer<UInt8>, maxHeaders: Int, opaqueValues: Bool
    ) throws(HTTPFault) -> Headers {
        var bytes = [UInt8](block)
        var slots: [Headers.Slot] = []
        slots.reserveCapacity(16)
        let fault: HTTPFault? = bytes.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return nil }
            // Without the empty line.
            let end = bytes.count - 2
            var index = 0
            while index < end {
                if slots.count == maxHeaders { return HTTPFault(431, "too many header fields") }
                let nameStart = index
                while index < end, ASCII.isToken(base[index]) {
                    base[index] = ASCII.lowercase(base[index])
                    index &+= 1
                }
                // An empty name, a space before the colon, a folded line, bytes that no name has.
                guard index > nameStart, index < end, base[index] == UInt8(ascii: ":") else {
                    return .malformed("broken header field")
                }
                let nameEnd = index
                index &+= 1
                while index < end, base[index] == ASCII.space || base[index] == ASCII.tab {
                    index &+= 1
                }
                let valueStart = index
                var isASCII = true
                while true {
                    index = ASCII.skipPlain(base, index, end)
                    guard index < end else { break }
                    if base[index] >= 0x80 {
                        isASCII = false
                    } else if base[index] != ASCII.tab {
                        break
                    }
                    index &+= 1
                }
                guard index &+ 1 < end, base[index] == ASCII.carriageReturn,
                    base[index &+ 1] == ASCII.lineFeed
                else { return .malformed("control character in a header field") }
                var valueEnd = index
                while valueEnd > valueStart,
                    base[valueEnd &- 1] == ASCII.space || base[valueEnd &- 1] == ASCII.tab
                {
                    valueEnd &-= 1
                }
                index &+= 2
                if !isASCII, !opaqueValues {
                    var validator = UTF8Validator()
                    let value = UnsafeBufferPointer(
                        rebasing: UnsafeBufferPointer(bytes)[valueStart..<valueEnd])
                    guard validator.accepts(value), validator.isComplete else {
                        return .malformed("header field that is not UTF-8")
                    }
                }
                slots.append(
                    Headers.Slot(
                        nameStart: Int32(truncatingIfNeeded: nameStart),
                        nameCount: Int32(truncatingIfNeeded: nameEnd - nameStart),
                        valueStart: Int32(truncatingIfNeeded: valueStart),
                        valueCount: Int32(truncatingIfNeeded: valueEnd - valueStart)))
            }
            return nil
        }
        if let fault { throw fault }
        return Headers(bytes: bytes, slots: slots)
    }
}
