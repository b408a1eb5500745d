import Basics
import Crypto

/// A secret of 256 random bits that a program or a browser keeps for us: a token, a session, an
/// invitation. Only its SHA-256 is stored, which is enough for what nobody can guess.
package struct MachineSecret: Sendable {
    /// What is handed out, once.
    package let text: String
    /// What is stored.
    package let hash: [UInt8]

    /// - Parameter prefix: says what the secret is for, to people and to scanners.
    package init(prefix: String = "") {
        text = prefix + Randomness.secret()
        hash = Self.hash(of: text)
    }

    package static func hash(of text: String) -> [UInt8] { Digest.sha256(Array(text.utf8)) }
}
