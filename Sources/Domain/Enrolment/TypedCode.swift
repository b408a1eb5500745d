/// Twenty letters that a person reads from a page and types on a device: 100 random bits in
/// Crockford's base 32, which leaves out what is mistaken for something else.
package struct TypedCode: Sendable, Equatable {
    package static let length = 20
    private static let letters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// Upper case, without hyphens.
    package let letters: String

    /// - Parameter bytes: at least 20 random ones; 5 bits of each count.
    package init(random bytes: [UInt8]) {
        precondition(bytes.count >= Self.length, "a code takes 20 random bytes")
        letters = String(bytes.prefix(Self.length).map { Self.letters[Int($0 & 31)] })
    }

    /// Reads generously: case, hyphens and blanks do not count, O is 0, I and L are 1.
    /// `nil` where letters are missing, too many, or none of the alphabet's.
    package init?(typed text: String) {
        guard text.utf8.count <= 200 else { return nil }
        var found = ""
        for character in text.uppercased() {
            switch character {
            case " ", "-", "\u{00AD}", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}",
                "\t", "_", ".":
                continue
            case "O": found.append("0")
            case "I", "L": found.append("1")
            default:
                guard Self.letters.contains(character) else { return nil }
                found.append(character)
            }
        }
        guard found.count == Self.length else { return nil }
        letters = found
    }

    /// `7KQ2M-0XB4Z-…`: four groups of five.
    package var text: String {
        var text = ""
        for (index, letter) in letters.enumerated() {
            if index > 0, index % 5 == 0 { text.append("-") }
            text.append(letter)
        }
        return text
    }

    /// What is proven and never sent.
    package var secret: [UInt8] { Array(letters.utf8) }
}

/// A key by which two people can find out that they speak of the same: 80 bits of its SHA-256 as
/// sixteen letters in groups of four. Whoever wants another key with the same has to try 2^80.
package enum KeyFingerprint {
    private static let letters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// - Parameter digest: SHA-256 of the public key.
    package static func text(_ digest: [UInt8]) -> String {
        var text = ""
        var bits: UInt32 = 0
        var held: UInt32 = 0
        var count = 0
        for byte in digest.prefix(10) {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 5 {
                held -= 5
                if count > 0, count % 4 == 0 { text.append("-") }
                text.append(letters[Int(bits >> held & 31)])
                count += 1
            }
            bits &= (1 << held) - 1
        }
        return text
    }
}
