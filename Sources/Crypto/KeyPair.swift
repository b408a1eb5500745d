import COpenSSL

/// A private key with its public half (`EVP_PKEY *`).
final class KeyPair: @unchecked Sendable {
    // Never changed after init; OpenSSL counts references and locks its own caches, so that many
    // threads may sign with one key.
    let raw: OpaquePointer

    init(owning raw: OpaquePointer) { self.raw = raw }

    deinit { EVP_PKEY_free(raw) }

    static func generate(_ kind: Int32, curve: Int32? = nil) throws(OpenSSLError) -> KeyPair {
        guard let context = EVP_PKEY_CTX_new_id(kind, nil) else { throw OpenSSLError() }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1 else { throw OpenSSLError() }
        if let curve, EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, curve) != 1 {
            throw OpenSSLError()
        }
        var raw: OpaquePointer?
        guard EVP_PKEY_keygen(context, &raw) == 1, let raw else { throw OpenSSLError() }
        return KeyPair(owning: raw)
    }

    static func read(pem: String, _ kind: Int32) throws(OpenSSLError) -> KeyPair {
        let input = try MemoryBuffer(Array(pem.utf8))
        guard let raw = PEM_read_bio_PrivateKey(input.raw, nil, refusePassphrase, nil) else {
            throw OpenSSLError()
        }
        let key = KeyPair(owning: raw)
        guard EVP_PKEY_get_base_id(raw) == kind else {
            throw OpenSSLError(reason: "a key of another kind")
        }
        return key
    }

    func pem() throws(OpenSSLError) -> String {
        let output = try MemoryBuffer()
        guard PEM_write_bio_PKCS8PrivateKey(output.raw, raw, nil, nil, 0, nil, nil) == 1 else {
            throw OpenSSLError()
        }
        return output.text
    }

    func publicPEM() throws(OpenSSLError) -> String {
        let output = try MemoryBuffer()
        guard PEM_write_bio_PUBKEY(output.raw, raw) == 1 else { throw OpenSSLError() }
        return output.text
    }
}

/// OpenSSL would otherwise ask on the terminal for the passphrase of an encrypted key.
@c func refusePassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int32, _ writing: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 { -1 }

/// Bytes that OpenSSL reads or writes (`BIO *`).
struct MemoryBuffer: ~Copyable {
    let raw: OpaquePointer

    init() throws(OpenSSLError) {
        guard let raw = BIO_new(BIO_s_mem()) else { throw OpenSSLError() }
        self.raw = raw
    }

    init(_ bytes: [UInt8]) throws(OpenSSLError) {
        guard let raw = BIO_new(BIO_s_mem()) else { throw OpenSSLError() }
        guard BIO_write(raw, bytes, Int32(bytes.count)) == Int32(bytes.count) else {
            BIO_free(raw)
            throw OpenSSLError()
        }
        self.raw = raw
    }

    deinit { BIO_free(raw) }

    var bytes: [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        let count = BIO_ctrl(raw, BIO_CTRL_INFO, 0, &start)
        guard let start, count > 0 else { return [] }
        return Array(UnsafeBufferPointer(start: start, count: count))
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}
