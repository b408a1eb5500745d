package import Basics
import COpenSSL
import Glibc

/// Hides and protects the secrets that must be read back (credentials, environment variables) with
/// the site's one key: AES-256-GCM, a random nonce each.
///
/// Sealed bytes are format 1, nonce (12), text, tag (16). Random nonces of 96 bits are safe for
/// 2^32 seals under one key (NIST SP 800-38D §8.3); a site makes some thousands.
package struct Sealer: Sendable {
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        /// Made with another key or for another context, or changed since.
        case unreadable
        /// The file of the key is not 32 bytes.
        case badKey(path: String)
        case system(SystemError)

        package var description: String {
            switch self {
            case .unreadable: "A secret was sealed with another key or has been changed."
            case .badKey(let path): "\(path) is not a site key: restore it from a backup."
            case .system(let error): error.description
            }
        }
    }

    private static let format: UInt8 = 1
    private let key: [UInt8]

    /// - Parameter key: 32 bytes.
    package init(key: [UInt8]) {
        precondition(key.count == 32, "an AES-256 key has 32 bytes")
        self.key = key
    }

    /// The site's key from its file, raw, mode 0600.
    /// - Parameter creating: only for the first start. Later a key that is gone must be an error: a
    ///   new one would make every secret of the site unreadable, silently.
    package static func load(keyFile path: String, creating: Bool) throws(Fault) -> Sealer {
        do throws(SystemError) {
            if creating, !Files.exists(path) {
                try Files.replace(path, with: Randomness.bytes(32), mode: 0o600)
            }
            let key = try Files.read(path, limit: ByteCount(4096))
            guard key.count == 32 else { throw SystemError(path, code: EBADMSG) }
            return Sealer(key: key)
        } catch {
            throw error.code == EBADMSG ? .badKey(path: path) : .system(error)
        }
    }

    /// - Parameter context: what the bytes are and whose, such as `environment/<instance>/<name>`;
    ///   they open only with the same, so that a row cannot be moved to another place.
    package func seal(_ bytes: [UInt8], context: String) throws(OpenSSLError) -> [UInt8] {
        let nonce = Randomness.bytes(12)
        var pass = try CipherPass(EVP_aes_256_gcm(), .encrypt, key: key, iv: nonce)
        try pass.authenticate([Self.format] + Array(context.utf8))
        let text = try pass.run(bytes)
        try pass.finish()
        return [Self.format] + nonce + text + (try pass.tag())
    }

    package func open(_ sealed: [UInt8], context: String) throws(Fault) -> [UInt8] {
        guard sealed.count >= 29, sealed[0] == Self.format else { throw .unreadable }
        do throws(OpenSSLError) {
            var pass = try CipherPass(
                EVP_aes_256_gcm(), .decrypt, key: key, iv: Array(sealed[1..<13]))
            try pass.authenticate([Self.format] + Array(context.utf8))
            let bytes = try pass.run(Array(sealed[13..<(sealed.count - 16)]))
            try pass.expect(tag: Array(sealed.suffix(16)))
            try pass.finish()
            return bytes
        } catch {
            throw .unreadable
        }
    }

    /// A key of its own for another purpose (HKDF's expand step, RFC 5869 §2.3, one block).
    package func derivedKey(for purpose: String) -> [UInt8] {
        HMAC.sha256(key: key, message: Array(purpose.utf8) + [1])
    }
}
