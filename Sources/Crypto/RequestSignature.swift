import COpenSSL

/// Signatures with a device's own key, over what travels by hand.
extension PrivateKey {
    /// ECDSA with SHA-256, DER.
    package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw OpenSSLError() }
        defer { EVP_MD_CTX_free(context) }
        var length = 0
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key.raw) == 1,
            EVP_DigestSign(context, nil, &length, message, message.count) == 1
        else { throw OpenSSLError() }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
            throw OpenSSLError()
        }
        return Array(signature.prefix(length))
    }
}

extension CertificateRequest {
    /// Whether the key that asks for the certificate signed this message.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let handle = try? RequestHandle(der: der),
            let key = X509_REQ_get0_pubkey(handle.raw), let context = EVP_MD_CTX_new()
        else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        let digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nil : EVP_sha256()
        guard EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
