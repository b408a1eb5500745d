import COpenSSL

/// Bytes under a passphrase: PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-GCM (RFC 5084).
///
/// As PKCS #8 has it for keys, so that a program of other people's making can open one:
///
///     EncryptedPrivateKeyInfo ::= SEQUENCE {
///         SEQUENCE { OID 1.2.840.113549.1.5.13 (PBES2), SEQUENCE {
///             SEQUENCE { OID 1.3.6.1.4.1.11591.4.11 (scrypt), SEQUENCE {
///                 salt OCTET STRING, N INTEGER, r INTEGER, p INTEGER, keyLength INTEGER } },
///             SEQUENCE { OID 2.16.840.1.101.3.4.1.46 (AES-256-GCM), SEQUENCE {
///                 nonce OCTET STRING, tagLength INTEGER } } } },
///         OCTET STRING }   -- the hidden bytes, then the tag
///
/// OpenSSL 3.0 has all of it but GCM inside of PBES2: only the frame is written here.
package enum PassphraseEnvelope {
    package enum Fault: Error, Sendable, Equatable {
        /// Not such an envelope, or with costs that nobody should pay.
        case malformed
        /// The passphrase is another one, or the bytes were changed.
        case refused
        case openSSL(OpenSSLError)
    }

    private static let scheme = DER.object([1, 2, 840, 113_549, 1, 5, 13])
    private static let derivation = DER.object([1, 3, 6, 1, 4, 1, 11_591, 4, 11])
    private static let cipher = DER.object([2, 16, 840, 1, 101, 3, 4, 1, 46])
    /// 2^17: 128 MiB and some tenths of a second a guess (OWASP's password storage sheet).
    private static let costExponent = 17
    private static let blockSize = 8

    /// Blocks for tenths of a second.
    package static func seal(
        _ bytes: [UInt8], passphrase: String, salt: [UInt8], nonce: [UInt8]
    ) throws(OpenSSLError) -> [UInt8] {
        let key = try Scrypt.derive(
            passphrase, salt: salt, costExponent: costExponent, blockSize: blockSize)
        var pass = try CipherPass(EVP_aes_256_gcm(), .encrypt, key: key, iv: nonce)
        let hidden = try pass.run(bytes)
        try pass.finish()
        return DER.sequence(
            DER.sequence(
                scheme,
                DER.sequence(
                    DER.sequence(
                        derivation,
                        DER.sequence(
                            DER.octets(salt), DER.integer(1 << costExponent),
                            DER.integer(blockSize), DER.integer(1), DER.integer(32))),
                    DER.sequence(
                        cipher, DER.sequence(DER.octets(nonce), DER.integer(16))))),
            DER.octets(hidden + (try pass.tag())))
    }

    /// Blocks for tenths of a second.
    package static func open(
        _ envelope: [UInt8], passphrase: String
    ) throws(Fault) -> [UInt8] {
        guard let parts = Parts(envelope) else { throw .malformed }
        let key: [UInt8]
        do throws(OpenSSLError) {
            key = try Scrypt.derive(
                passphrase, salt: parts.salt, costExponent: parts.costExponent,
                blockSize: parts.blockSize, parallelization: parts.parallelization)
        } catch { throw .openSSL(error) }
        do throws(OpenSSLError) {
            var pass = try CipherPass(EVP_aes_256_gcm(), .decrypt, key: key, iv: parts.nonce)
            let bytes = try pass.run(Array(parts.hidden.dropLast(16)))
            try pass.expect(tag: Array(parts.hidden.suffix(16)))
            try pass.finish()
            return bytes
        } catch { throw .refused }
    }

    private struct Parts {
        let salt: [UInt8]
        let costExponent: Int
        let blockSize: Int
        let parallelization: Int
        let nonce: [UInt8]
        let hidden: [UInt8]

        init?(_ envelope: [UInt8]) {
            var outer = DERReader(envelope)
            guard var whole = outer.sequence(), outer.isAtEnd,
                var algorithm = whole.sequence(), let hidden = whole.content(.octets),
                whole.isAtEnd, hidden.count >= 16,
                algorithm.takes(PassphraseEnvelope.scheme), var parameters = algorithm.sequence(),
                algorithm.isAtEnd,
                var derivation = parameters.sequence(), var cipher = parameters.sequence(),
                parameters.isAtEnd,
                derivation.takes(PassphraseEnvelope.derivation), var costs = derivation.sequence(),
                derivation.isAtEnd,
                cipher.takes(PassphraseEnvelope.cipher), var mode = cipher.sequence(),
                cipher.isAtEnd,
                let salt = costs.content(.octets), (8...64).contains(salt.count),
                let cost = costs.integer(), let block = costs.integer(),
                let parallel = costs.integer(), costs.integer() == 32, costs.isAtEnd,
                let nonce = mode.content(.octets), nonce.count == 12, mode.integer() == 16,
                mode.isAtEnd
            else { return nil }
            // No file may ask for more than 256 MiB: 128 × N × r.
            guard cost.nonzeroBitCount == 1, (1 << 10...1 << 20).contains(cost),
                (1...16).contains(block), (1...4).contains(parallel), cost * block <= 1 << 21
            else { return nil }
            self.salt = Array(salt)
            costExponent = cost.trailingZeroBitCount
            blockSize = block
            parallelization = parallel
            self.nonce = Array(nonce)
            self.hidden = Array(hidden)
        }
    }
}
