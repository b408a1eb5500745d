import COpenSSL

/// One pass of a cipher of OpenSSL (`EVP_CIPHER_CTX *`).
struct CipherPass: ~Copyable {
    enum Direction: Int32 { case decrypt = 0, encrypt = 1 }

    private let raw: OpaquePointer

    init(
        _ cipher: OpaquePointer?, _ direction: Direction, key: [UInt8], iv: [UInt8]
    ) throws(OpenSSLError) {
        guard let raw = EVP_CIPHER_CTX_new() else { throw OpenSSLError() }
        guard EVP_CipherInit_ex(raw, cipher, nil, key, iv, direction.rawValue) == 1 else {
            EVP_CIPHER_CTX_free(raw)
            throw OpenSSLError()
        }
        self.raw = raw
    }

    deinit { EVP_CIPHER_CTX_free(raw) }

    /// What is checked with the text but not hidden.
    mutating func authenticate(_ bytes: [UInt8]) throws(OpenSSLError) {
        var length: Int32 = 0
        guard EVP_CipherUpdate(raw, nil, &length, bytes, Int32(bytes.count)) == 1 else {
            throw OpenSSLError()
        }
    }

    /// Only for ciphers that work as streams: as many bytes come out as go in.
    mutating func run(_ bytes: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard bytes.count <= Int(Int32.max) - 64 else { throw OpenSSLError(reason: "too long") }
        var output = [UInt8](repeating: 0, count: bytes.count + 16)
        var length: Int32 = 0
        guard EVP_CipherUpdate(raw, &output, &length, bytes, Int32(bytes.count)) == 1 else {
            throw OpenSSLError()
        }
        output.removeLast(output.count - Int(length))
        return output
    }

    mutating func expect(tag: [UInt8]) throws(OpenSSLError) {
        var tag = tag
        guard EVP_CIPHER_CTX_ctrl(raw, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1 else {
            throw OpenSSLError()
        }
    }

    /// Throws when the text is not the one that was sealed.
    mutating func finish() throws(OpenSSLError) {
        var rest = [UInt8](repeating: 0, count: 32)
        var length: Int32 = 0
        guard EVP_CipherFinal_ex(raw, &rest, &length) == 1 else { throw OpenSSLError() }
    }

    mutating func tag() throws(OpenSSLError) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: 16)
        guard EVP_CIPHER_CTX_ctrl(raw, EVP_CTRL_AEAD_GET_TAG, 16, &tag) == 1 else {
            throw OpenSSLError()
        }
        return tag
    }
}
