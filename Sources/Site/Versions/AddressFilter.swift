import Domain

/// Remembers which addresses it was given in 8 MB, however many: it may take another one for one of
/// them, never the other way round (Bloom's filter). Wrong are one in 40,000 with a million
/// addresses, one in 20 with ten million, and others each time.
struct AddressFilter: Sendable {
    private static let bits = 26
    private static let hashes = 4
    private var words = [UInt64](repeating: 0, count: 1 << (bits - 6))
    private let salt: [UInt64] = (0..<hashes).map { _ in .random(in: .min ... .max) | 1 }

    mutating func insert(_ address: ContentAddress) {
        for place in places(of: address) { words[place >> 6] |= 1 << UInt64(place & 63) }
    }

    func contains(_ address: ContentAddress) -> Bool {
        places(of: address).allSatisfy { words[$0 >> 6] & (1 << UInt64($0 & 63)) != 0 }
    }

    /// The address is a hash already: each quarter of it, multiplied by an odd number.
    private func places(of address: ContentAddress) -> [Int] {
        var quarters: [UInt64] = []
        var word: UInt64 = 0
        for (index, digit) in address.hex.utf8.enumerated() {
            word = (word << 4) | UInt64(digit < 0x61 ? digit &- 0x30 : digit &- 0x57)
            if index % 16 == 15 {
                quarters.append(word)
                word = 0
            }
        }
        return zip(quarters, salt).map { Int(($0 &* $1) >> UInt64(64 - Self.bits)) }
    }
}
