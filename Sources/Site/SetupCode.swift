import Basics
import Crypto

/// The one-time code that opens the first-run page: whoever can read the appliance's output may
/// make its administrator.
package struct SetupCode: Sendable, Equatable {
    /// "XXXX-XXXX", in letters that are not mistaken for each other: 40 bits, and few tries.
    package let text: String

    package static func random() -> SetupCode {
        let letters = Randomness.text(count: 8, from: .readable)
        return SetupCode(text: "\(letters.prefix(4))-\(letters.suffix(4))")
    }

    /// What the store keeps.
    package var hash: [UInt8] { Self.hash(ofTyped: text) }

    /// Small letters, spaces and a forgotten hyphen are forgiven.
    package static func hash(ofTyped text: String) -> [UInt8] {
        Digest.sha256(
            Array(text.uppercased().utf8.filter { (0x30...0x39).contains($0) || $0 >= 0x41 }))
    }
}
