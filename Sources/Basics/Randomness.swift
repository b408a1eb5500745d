import Glibc

/// The kernel's random numbers.
package enum Randomness {
    /// Blocks only in the first seconds of a boot, before the kernel's pool is seeded.
    package static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { buffer in
            // 256: what one call gives at most. It cannot fail for a valid buffer (getentropy(3)).
            for start in stride(from: 0, to: count, by: 256) {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[start...].prefix(256))
                let failed = getentropy(part.baseAddress, part.count)
                precondition(failed == 0, "the kernel gives no random numbers")
            }
        }
        return bytes
    }

    package struct Alphabet: Sendable {
        let letters: [UInt8]
        package init(_ letters: StaticString) {
            self.letters = letters.withUTF8Buffer { Array($0) }
        }
        package static let lowercaseAlphanumerics = Alphabet("abcdefghijklmnopqrstuvwxyz0123456789")
        /// Without letters that are mistaken for each other when read aloud or typed.
        package static let readable = Alphabet("ABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    }

    /// Every letter equally likely: bytes past the last whole multiple are drawn again.
    package static func text(count: Int, from alphabet: Alphabet) -> String {
        let letters = alphabet.letters
        let limit = 256 - 256 % letters.count
        var text: [UInt8] = []
        while text.count < count {
            for byte in bytes(count * 2) where Int(byte) < limit && text.count < count {
                text.append(letters[Int(byte) % letters.count])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A secret of 256 bits as 43 letters of base64url.
    package static func secret() -> String { Base64URL.encode(bytes(32)) }
}
