import COpenSSL

/// The key pair of the site's backups: whoever has the public half can write one, and only the
/// private half, which lies in the recovery kit, can read it. X25519: 32 bytes each, and no public
/// key that could be a bad one.
package struct RecoveryKey: Sendable {
    private let key: KeyPair

    package static func generate() throws(OpenSSLError) -> RecoveryKey {
        RecoveryKey(key: try KeyPair.generate(NID_X25519))
    }

    private init(key: KeyPair) { self.key = key }

    /// - Parameter pem: PKCS #8, not encrypted.
    package init(pem: String) throws(OpenSSLError) {
        key = try KeyPair.read(pem: pem, NID_X25519)
    }

    package func pem() throws(OpenSSLError) -> String { try key.pem() }

    /// SubjectPublicKeyInfo.
    package func publicPEM() throws(OpenSSLError) -> String { try key.publicPEM() }
}
