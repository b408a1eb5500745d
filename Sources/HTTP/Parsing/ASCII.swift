/// Classes of bytes that the grammar of HTTP names.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let delete: UInt8 = 0x7F

    @inline(__always)
    static func lowercase(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// `tchar` of RFC 9110 §5.6.2, one bit for each of the 128 letters.
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        let mask: UInt64 = byte < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 128 && (mask &>> UInt64(byte & 63)) & 1 == 1
    }

    /// What a field value may hold: no control but the tab.
    @inline(__always)
    static func isText(_ byte: UInt8) -> Bool {
        (byte >= space || byte == tab) && byte != delete
    }

    /// The first byte at or after `index` that is a control, DEL or not ASCII; eight at a time.
    @inline(__always)
    static func skipPlain(_ base: UnsafePointer<UInt8>, _ index: Int, _ end: Int) -> Int {
        var index = index
        while index &+ 8 <= end {
            let word = UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self)
            let low = (word &- 0x2020_2020_2020_2020) & ~word
            let deleted = word ^ 0x7F7F_7F7F_7F7F_7F7F
            let hits = low | ((deleted &- 0x0101_0101_0101_0101) & ~deleted) | word
            if hits & 0x8080_8080_8080_8080 != 0 { break }
            index &+= 8
        }
        while index < end, base[index] >= space, base[index] < delete { index &+= 1 }
        return index
    }

    @inline(__always)
    static func starts(_ base: UnsafePointer<UInt8>, with text: StaticString) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where base[index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    @inline(__always)
    static func equalIgnoringCase(
        _ base: UnsafePointer<UInt8>, _ count: Int, _ lowercaseText: StaticString
    ) -> Bool {
        guard count == lowercaseText.utf8CodeUnitCount else { return false }
        let text = lowercaseText.utf8Start
        for index in 0..<count where lowercase(base[index]) != text[index] { return false }
        return true
    }
}
