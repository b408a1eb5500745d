import COpenSSL

/// A certificate with its chain and key, read once: what one connection among many shows of itself
/// (`X509 *`, `EVP_PKEY *`).
package final class TLSIdentity: @unchecked Sendable {
    // Never changed after init; OpenSSL counts references.
    private let chain: [OpaquePointer]
    private let key: OpaquePointer
    /// SHA-256 of the certificate.
    let mark: [UInt8]

    /// - Throws: also when the key is not the one of the first certificate.
    package init(_ pem: TLSContext.Identity) throws(OpenSSLError) {
        ERR_clear_error()
        let chain = try Self.certificates(pem.chain)
        do throws(OpenSSLError) {
            let input = try MemoryBuffer(pem.key)
            guard let key = PEM_read_bio_PrivateKey(input.raw, nil, refusePassphrase, nil) else {
                throw OpenSSLError()
            }
            guard X509_check_private_key(chain[0], key) == 1 else {
                EVP_PKEY_free(key)
                throw OpenSSLError()
            }
            self.key = key
        } catch {
            chain.forEach { X509_free($0) }
            throw error
        }
        self.chain = chain
        mark = Digest.sha256(pem.chain)
    }

    deinit {
        chain.forEach { X509_free($0) }
        EVP_PKEY_free(key)
    }

    func apply(context: OpaquePointer) throws(OpenSSLError) {
        guard SSL_CTX_use_certificate(context, chain[0]) == 1,
            chain.dropFirst().allSatisfy({ copenssl_add_chain(context, $0) == 1 }),
            SSL_CTX_use_PrivateKey(context, key) == 1
        else { throw OpenSSLError() }
    }

    /// - Returns: `false` with OpenSSL's error waiting.
    func apply(session: OpaquePointer) -> Bool {
        SSL_use_certificate(session, chain[0]) == 1
            && chain.dropFirst().allSatisfy { copenssl_add_chain_of_one(session, $0) == 1 }
            && SSL_use_PrivateKey(session, key) == 1
    }

    /// At least one; the caller frees them.
    static func certificates(_ pem: [UInt8]) throws(OpenSSLError) -> [OpaquePointer] {
        let input = try MemoryBuffer(pem)
        var found: [OpaquePointer] = []
        while let next = PEM_read_bio_X509(input.raw, nil, refusePassphrase, nil) {
            found.append(next)
        }
        // The end of the text is an entry in OpenSSL's queue like any other.
        let error = OpenSSLError()
        guard !found.isEmpty else { throw error }
        return found
    }
}
