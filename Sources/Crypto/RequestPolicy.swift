import COpenSSL

/// Why a request for a certificate is not taken.
package enum RequestFault: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLarge
    case malformed
    /// What its key is.
    case key(String)
    /// Who made it does not have the key.
    case unproven

    package var description: String {
        switch self {
        case .tooLarge: "The request is longer than \(CertificateRequest.limit) bytes."
        case .malformed: "That is no request for a certificate (PKCS #10, DER)."
        case .key(let kind):
            "The key of the request is \(kind); P-256, P-384, Ed25519 and RSA with 2048 to 4096 "
                + "bits are taken."
        case .unproven: "The request is not signed by its own key."
        }
    }
}

extension CertificateRequest {
    /// Bytes; one with an RSA key of 4096 bits has about 1,700.
    package static let limit = 4_096

    /// A request from a stranger: bounded, whole, with a key of a kind that we certify, and with
    /// the proof that its maker has it.
    package static func judged(_ der: [UInt8]) throws(RequestFault) -> CertificateRequest {
        guard der.count <= limit else { throw .tooLarge }
        let wrong: String?
        do throws(OpenSSLError) {
            let handle = try RequestHandle(der: der)
            guard let key = X509_REQ_get0_pubkey(handle.raw) else { throw OpenSSLError() }
            wrong = KeyPolicy.objection(to: key)
        } catch { throw .malformed }
        if let wrong { throw .key(wrong) }
        // After the look at the key: to check a signature of 16,384 bits takes its time.
        do throws(OpenSSLError) { return try CertificateRequest(der: der) } catch {
            throw .unproven
        }
    }

    /// SHA-256 of the public key (SubjectPublicKeyInfo).
    package var publicKeyDigest: [UInt8] {
        guard let handle = try? RequestHandle(der: der) else { return [] }
        var der: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(handle.raw), &der)
        guard length > 0, let der else { return [] }
        defer { CRYPTO_free(der, #fileID, #line) }
        return Digest.sha256(Array(UnsafeBufferPointer(start: der, count: Int(length))))
    }

    /// - Parameter pem: the first request in it counts; DER is taken as it is.
    package static func bytes(pem: String) -> [UInt8]? {
        guard let input = try? MemoryBuffer(Array(pem.utf8)),
            let raw = PEM_read_bio_X509_REQ(input.raw, nil, refusePassphrase, nil)
        else {
            ERR_clear_error()
            return nil
        }
        return try? RequestHandle(owning: raw).der()
    }

    package func pem() throws(OpenSSLError) -> String {
        let handle = try RequestHandle(der: der)
        let output = try MemoryBuffer()
        guard PEM_write_bio_X509_REQ(output.raw, handle.raw) == 1 else { throw OpenSSLError() }
        return output.text
    }
}

/// Which public keys get a certificate.
enum KeyPolicy {
    /// `nil` for a key that we take, else what it is.
    static func objection(to key: OpaquePointer) -> String? {
        let bits = EVP_PKEY_get_bits(key)
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_ED25519: return nil
        case EVP_PKEY_RSA: return (2048...4096).contains(bits) ? nil : "RSA with \(bits) bits"
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            var length = 0
            guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else {
                ERR_clear_error()
                return "on a curve without a name"
            }
            // A curve that is written out, even one of the right numbers, is refused by others.
            var isExplicit: Int32 = 0
            if EVP_PKEY_get_int_param(key, "decoded-from-explicit", &isExplicit) == 1,
                isExplicit != 0
            {
                return "on a curve that is written out"
            }
            ERR_clear_error()
            let group = String(decoding: name.prefix(length).map(UInt8.init), as: UTF8.self)
            return ["prime256v1", "secp384r1"].contains(group) ? nil : "on the curve \(group)"
        default: return "of another kind"
        }
    }
}
