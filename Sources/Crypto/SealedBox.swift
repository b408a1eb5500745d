import COpenSSL

/// Bytes that only the holder of one P-256 key can read: ECDH with a key that is made for this once,
/// HKDF-SHA256, AES-256-GCM.
package enum SealedBox {
    /// An uncompressed point of P-256.
    private static let pointLength = 65
    private static let tagLength = 16
    private static let info = "lineside sealed box"

    /// - Parameters:
    ///   - certificate: of who may read it.
    ///   - bound: what stands beside the box and must be the same when it is opened.
    package static func seal(
        _ bytes: [UInt8], to certificate: Certificate, bound: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        let reader = try publicKey(of: certificate)
        let once = try PrivateKey.generate().key
        let point = try encoded(once)
        let (key, nonce) = try keys(
            shared: try shared(once, reader), once: point, reader: try encoded(reader))
        var pass = try CipherPass(EVP_aes_256_gcm(), .encrypt, key: key, iv: nonce)
        try pass.authenticate(bound)
        let hidden = try pass.run(bytes)
        try pass.finish()
        return point + hidden + (try pass.tag())
    }

    /// - Throws: for a box for somebody else, or that was changed, or what is bound to it.
    package static func open(
        _ box: [UInt8], with own: PrivateKey, bound: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        guard box.count >= pointLength + tagLength else {
            throw OpenSSLError(reason: "the box is too short")
        }
        let point = Array(box.prefix(pointLength))
        let once = try decoded(point, like: own.key)
        let (key, nonce) = try keys(
            shared: try shared(own.key, once), once: point, reader: try encoded(own.key))
        var pass = try CipherPass(EVP_aes_256_gcm(), .decrypt, key: key, iv: nonce)
        try pass.authenticate(bound)
        let bytes = try pass.run(Array(box.dropFirst(pointLength).dropLast(tagLength)))
        try pass.expect(tag: Array(box.suffix(tagLength)))
        try pass.finish()
        return bytes
    }

    /// The key is used once, and so may the nonce come out of the same secret.
    private static func keys(
        shared: [UInt8], once: [UInt8], reader: [UInt8]
    ) throws(OpenSSLError) -> (key: [UInt8], nonce: [UInt8]) {
        let bytes = HKDF.sha256(shared, salt: once + reader, info: info, count: 44)
        return (Array(bytes.prefix(32)), Array(bytes.suffix(12)))
    }

    private static func publicKey(of certificate: Certificate) throws(OpenSSLError) -> KeyPair {
        let input = try MemoryBuffer(certificate.der)
        guard let raw = d2i_X509_bio(input.raw, nil) else { throw OpenSSLError() }
        defer { X509_free(raw) }
        guard let key = X509_get_pubkey(raw) else { throw OpenSSLError() }
        let reader = KeyPair(owning: key)
        guard EVP_PKEY_get_base_id(key) == NID_X9_62_id_ecPublicKey,
            try encoded(reader).count == pointLength
        else { throw OpenSSLError(reason: "a key of another kind") }
        return reader
    }

    private static func encoded(_ key: KeyPair) throws(OpenSSLError) -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        let count = EVP_PKEY_get1_encoded_public_key(key.raw, &start)
        guard count > 0, let start else { throw OpenSSLError() }
        defer { CRYPTO_free(start, nil, 0) }
        return Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// OpenSSL refuses what is no point of the curve.
    private static func decoded(
        _ point: [UInt8], like own: KeyPair
    ) throws(OpenSSLError) -> KeyPair {
        guard let raw = EVP_PKEY_new() else { throw OpenSSLError() }
        let key = KeyPair(owning: raw)
        guard EVP_PKEY_copy_parameters(raw, own.raw) == 1,
            EVP_PKEY_set1_encoded_public_key(raw, point, point.count) == 1
        else { throw OpenSSLError() }
        return key
    }

    private static func shared(_ own: KeyPair, _ peer: KeyPair) throws(OpenSSLError) -> [UInt8] {
        guard let context = EVP_PKEY_CTX_new(own.raw, nil) else { throw OpenSSLError() }
        defer { EVP_PKEY_CTX_free(context) }
        var count = 0
        guard EVP_PKEY_derive_init(context) == 1,
            EVP_PKEY_derive_set_peer(context, peer.raw) == 1,
            EVP_PKEY_derive(context, nil, &count) == 1
        else { throw OpenSSLError() }
        var secret = [UInt8](repeating: 0, count: count)
        guard EVP_PKEY_derive(context, &secret, &count) == 1 else { throw OpenSSLError() }
        return Array(secret.prefix(count))
    }
}
