import Basics

/// A hash that is the same in every run and on every machine: what depends on it must not change
/// from one answer to the next. Two different values with one fingerprint make a wrong pair at
/// worst, and a pair is compared value by value.
struct Fingerprint: Hashable, Comparable {
    private(set) var bits: UInt64

    init(_ bits: UInt64 = 0x9E37_79B9_7F4A_7C15) { self.bits = bits }

    init(_ text: String) {
        self.init()
        var text = text
        text.withUTF8 { bytes in
            let whole = bytes.count & ~7
            for start in stride(from: 0, to: whole, by: 8) {
                var word: UInt64 = 0
                for offset in 0..<8 { word |= UInt64(bytes[start + offset]) << (8 * offset) }
                mix(word)
            }
            var rest = UInt64(bytes.count)
            for byte in bytes[whole...] { rest = rest << 8 | UInt64(byte) }
            mix(rest)
        }
    }

    mutating func mix(_ word: UInt64) {
        let mixed = (bits ^ word) &* 0x9FB2_1C65_1E98_DF25
        bits = mixed ^ (mixed >> 29)
    }

    func with(_ other: Fingerprint) -> Fingerprint {
        var mixed = self
        mixed.mix(other.bits)
        return mixed
    }

    /// Of a set: order does not count.
    mutating func add(_ other: Fingerprint) { bits = bits &+ other.bits }

    static func < (left: Fingerprint, right: Fingerprint) -> Bool { left.bits < right.bits }
}
