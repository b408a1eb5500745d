import COpenSSL

/// A digest of what comes in pieces, where something else than SHA-256 is asked for by others'
/// formats.
package struct MessageDigest: ~Copyable, Sendable {
    package enum Algorithm: Sendable { case sha1, sha512 }

    // One owner, and every use is mutating or consuming: no two threads can be inside at once.
    private nonisolated(unsafe) let raw: OpaquePointer
    private let length: Int

    package init(_ algorithm: Algorithm) {
        let method: OpaquePointer?
        switch algorithm {
        case .sha1: (method, length) = (EVP_sha1(), 20)
        case .sha512: (method, length) = (EVP_sha512(), 64)
        }
        guard let raw = EVP_MD_CTX_new(), EVP_DigestInit_ex(raw, method, nil) == 1 else {
            preconditionFailure("OpenSSL lacks a digest")
        }
        self.raw = raw
    }

    deinit { EVP_MD_CTX_free(raw) }

    package mutating func update(_ bytes: [UInt8]) {
        let added = EVP_DigestUpdate(raw, bytes, bytes.count)
        precondition(added == 1, "a digest cannot fail after its start")
    }

    package consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: length)
        var count = UInt32(length)
        let made = EVP_DigestFinal_ex(raw, &digest, &count)
        precondition(made == 1, "a digest cannot fail after its start")
        return digest
    }
}
