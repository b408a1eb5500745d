import Basics
package import Crypto
package import Domain

/// What each end proves to the other when a device is let in. The secret never travels: only codes
/// made with keys that are derived from it, over what the two ends of one TLS connection share.
package enum EnrolmentProof {
    /// Of a bundle, once its token is known: proves and checks `enrol`.
    package static func key(secret: [UInt8], token: EnrolmentToken.ID) -> [UInt8] {
        HKDF.sha256(secret, salt: Array(token.text.utf8), info: "lineside enrol")
    }

    /// Of a typed code: proves and checks `hello`.
    package static func helloKey(_ code: TypedCode) -> [UInt8] {
        HKDF.sha256(code.secret, salt: [], info: "lineside hello")
    }

    /// By which the appliance finds a typed code. It gives nothing away: to guess the code from it
    /// takes 2^100 tries.
    package static func lookUp(_ code: TypedCode) -> [UInt8] {
        HKDF.sha256(code.secret, salt: [], info: "lineside code", count: 16)
    }

    /// - Parameters:
    ///   - exporter: 32 bytes of the connection's keying material.
    ///   - request: PKCS #10, DER.
    package static func enrol(key: [UInt8], exporter: [UInt8], request: [UInt8]) -> [UInt8] {
        HMAC.sha256(
            key: key,
            message: EnrolmentTerms.enrolMessage(
                exporter: exporter, requestDigest: Digest.sha256(request)))
    }

    package static func hello(key: [UInt8], exporter: [UInt8], nonce: [UInt8]) -> [UInt8] {
        HMAC.sha256(
            key: key, message: EnrolmentTerms.helloMessage(exporter: exporter, nonce: nonce))
    }

    /// Behind `Bearer `.
    package static func bearer(token: EnrolmentToken.ID, proof: [UInt8]) -> String {
        "\(token).\(Base64URL.encode(proof))"
    }

    /// `nil` for what is no proof of ours.
    package static func read(bearer: String) -> (token: EnrolmentToken.ID, proof: [UInt8])? {
        let parts = bearer.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let token = EnrolmentToken.ID(String(parts[0])),
            let proof = Base64URL.decode(String(parts[1])), proof.count == 32
        else { return nil }
        return (token, proof)
    }

    /// For `EnrolmentBundle.init`.
    package static let verify: EnrolmentBundle.Verification = { signature, message, key in
        (try? VerifyingKey(raw: key))?.verify(signature, of: message) ?? false
    }

    /// SHA-256 of a request's public key, as `KeyFingerprint` shows it.
    package static func fingerprint(of request: CertificateRequest) -> String {
        KeyFingerprint.text(request.publicKeyDigest)
    }
}
