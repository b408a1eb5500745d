import COpenSSL

/// A P-256 key: of the site's authority, of a server, of a device.
package struct PrivateKey: Sendable {
    let key: KeyPair

    package static func generate() throws(OpenSSLError) -> PrivateKey {
        PrivateKey(key: try KeyPair.generate(NID_X9_62_id_ecPublicKey, curve: NID_X9_62_prime256v1))
    }

    private init(key: KeyPair) { self.key = key }

    /// - Parameter pem: PKCS #8 or SEC 1, not encrypted.
    package init(pem: String) throws(OpenSSLError) {
        key = try KeyPair.read(pem: pem, NID_X9_62_id_ecPublicKey)
    }

    /// From its file, mode 0600; made there if it is not yet.
    package static func load(file path: String) throws(KeyFileError) -> PrivateKey {
        let text = try KeyFile.loadOrCreate(path) { () throws(OpenSSLError) -> String in
            try generate().pem()
        }
        do throws(OpenSSLError) { return try PrivateKey(pem: text) } catch {
            throw .notAKey(path: path, error)
        }
    }

    package func pem() throws(OpenSSLError) -> String { try key.pem() }

    package func publicKeyPEM() throws(OpenSSLError) -> String { try key.publicPEM() }
}
