import COpenSSL

/// An Ed25519 key: signs the tokens that open a Node-RED editor.
package struct SigningKey: Sendable {
    private let key: KeyPair

    package static func generate() throws(OpenSSLError) -> SigningKey {
        SigningKey(key: try KeyPair.generate(NID_ED25519))
    }

    private init(key: KeyPair) { self.key = key }

    /// - Parameter pem: PKCS #8, not encrypted.
    package init(pem: String) throws(OpenSSLError) {
        key = try KeyPair.read(pem: pem, NID_ED25519)
    }

    /// From its file, mode 0600; made there if it is not yet. A new key only ends what was signed in
    /// the last minute, so a lost one may be replaced.
    package static func load(file path: String) throws(KeyFileError) -> SigningKey {
        let text = try KeyFile.loadOrCreate(path) { () throws(OpenSSLError) -> String in
            try generate().pem()
        }
        do throws(OpenSSLError) { return try SigningKey(pem: text) } catch {
            throw .notAKey(path: path, error)
        }
    }

    package func pem() throws(OpenSSLError) -> String { try key.pem() }

    /// SubjectPublicKeyInfo, as Node.js's `createPublicKey` takes it.
    package func publicKeyPEM() throws(OpenSSLError) -> String { try key.publicPEM() }

    /// 32 bytes, raw.
    package var publicKey: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = bytes.count
        let read = EVP_PKEY_get_raw_public_key(key.raw, &bytes, &length)
        precondition(read == 1 && length == 32, "an Ed25519 key has 32 public bytes")
        return bytes
    }

    /// 64 bytes.
    package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw OpenSSLError() }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var length = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key.raw) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { throw OpenSSLError() }
        return signature
    }
}

/// The public half of a `SigningKey`.
package struct VerifyingKey: Sendable {
    private let key: KeyPair

    package init(publicKeyPEM pem: String) throws(OpenSSLError) {
        let input = try MemoryBuffer(Array(pem.utf8))
        guard let raw = PEM_read_bio_PUBKEY(input.raw, nil, refusePassphrase, nil) else {
            throw OpenSSLError()
        }
        key = KeyPair(owning: raw)
        guard EVP_PKEY_get_base_id(raw) == NID_ED25519 else {
            throw OpenSSLError(reason: "a key of another kind")
        }
    }

    /// - Parameter bytes: 32, raw.
    package init(raw bytes: [UInt8]) throws(OpenSSLError) {
        guard let raw = EVP_PKEY_new_raw_public_key(NID_ED25519, nil, bytes, bytes.count) else {
            throw OpenSSLError()
        }
        key = KeyPair(owning: raw)
    }

    package func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, nil, nil, key.raw) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
