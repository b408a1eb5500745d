import COpenSSL

/// scrypt (RFC 7914): a key from what people can remember, slowly on purpose. Blocks 0.1 s and
/// takes 32 MiB at the usual costs: for a `BlockingExecutor`.
package enum Scrypt {
    package static func derive(
        _ password: String, salt: [UInt8], costExponent: Int = 15, blockSize: Int = 8,
        parallelization: Int = 1, count: Int = 32
    ) throws(OpenSSLError) -> [UInt8] {
        var derived = [UInt8](repeating: 0, count: count)
        var secret = Array(password.utf8).map { CChar(bitPattern: $0) }
        let length = secret.count
        // An empty array has no address, and OpenSSL takes that as "no password".
        if secret.isEmpty { secret = [0] }
        defer { OPENSSL_cleanse(&secret, secret.count) }
        let made = EVP_PBE_scrypt(
            secret, length, salt, salt.count, 1 << UInt64(costExponent), UInt64(blockSize),
            UInt64(parallelization), 256 << 20, &derived, count)
        guard made == 1 else { throw OpenSSLError() }
        return derived
    }
}
