import COpenSSL

/// A private key that somebody else made for a server: RSA, elliptic curve or Ed25519.
package struct ServerKey: Sendable {
    let key: KeyPair

    package enum Fault: Error, Sendable, Equatable {
        case encrypted
        case unreadable
        /// What it is instead.
        case kind(String)
    }

    /// - Parameter text: PEM, not encrypted; PKCS #8, PKCS #1 or SEC 1.
    package init(pem text: String) throws(Fault) {
        guard !text.contains("ENCRYPTED") else { throw .encrypted }
        guard let input = try? MemoryBuffer(Array(text.utf8)),
            let raw = PEM_read_bio_PrivateKey(input.raw, nil, refusePassphrase, nil)
        else {
            ERR_clear_error()
            throw .unreadable
        }
        key = KeyPair(owning: raw)
        let bits = EVP_PKEY_get_bits(raw)
        switch EVP_PKEY_get_base_id(raw) {
        case EVP_PKEY_RSA:
            guard (2048...8192).contains(bits) else { throw .kind("RSA with \(bits) bits") }
        case EVP_PKEY_EC:
            guard bits >= 256 else { throw .kind("a curve of \(bits) bits") }
        case EVP_PKEY_ED25519: break
        default: throw .kind("of a kind that servers do not use")
        }
    }

    /// PKCS #8.
    package func pem() throws(OpenSSLError) -> String { try key.pem() }

    package func belongs(to certificate: Certificate) -> Bool {
        guard let handle = try? CertificateHandle(der: certificate.der) else { return false }
        defer { ERR_clear_error() }
        return X509_check_private_key(handle.raw, key.raw) == 1
    }
}
