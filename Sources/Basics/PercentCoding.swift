/// Percent coding of URLs (RFC 3986).
package enum PercentCoding {
    /// Everything but unreserved letters is coded, so the result fits any part of a URL.
    package static func encode(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.append(byte)
            default: result += [UInt8(ascii: "%")] + Array(Hex.encode([byte]).uppercased().utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// `nil` for a broken `%`, for NUL and for bytes that are not UTF-8.
    package static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        let letters = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count)
        var index = 0
        while index < letters.count {
            let letter = letters[index]
            if letter == UInt8(ascii: "%") {
                guard index + 2 < letters.count, let high = Hex.value(letters[index + 1]),
                    let low = Hex.value(letters[index + 2])
                else { return nil }
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(plusIsSpace && letter == UInt8(ascii: "+") ? 0x20 : letter)
                index += 1
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
