package import Basics
import COpenSSL

/// A certificate that is no longer to be trusted.
package struct Revocation: Sendable, Equatable {
    /// RFC 5280 §5.3.1; the raw value is the number on the wire.
    package enum Reason: UInt8, Sendable, CaseIterable {
        case unspecified = 0
        case keyCompromise = 1
        case affiliationChanged = 3
        case superseded = 4
        case cessation = 5
        case privilegeWithdrawn = 9
    }

    /// Hexadecimal.
    package var serial: String
    package var at: Timestamp
    package var reason: Reason

    package init(serial: String, at: Timestamp, reason: Reason = .unspecified) {
        self.serial = serial
        self.at = at
        self.reason = reason
    }
}

/// A signed list of revoked certificates (X.509 CRL, version 2).
///
/// It was "made" in 1970 and the next one comes in 9999: whoever looks at it with a wrong clock
/// must not take it for one of the future or for an old one. Its number alone tells old from new.
package struct RevocationList: Sendable, Equatable {
    package let der: [UInt8]
    package let number: UInt64
    package let count: Int
    /// - Parameter pem: the first list in it counts.
    package init(pem: String) throws(OpenSSLError) {
        let input = try MemoryBuffer(Array(pem.utf8))
        guard let raw = PEM_read_bio_X509_CRL(input.raw, nil, refusePassphrase, nil) else {
            throw OpenSSLError()
        }
        try self.init(RevocationHandle(owning: raw))
    }

    private init(_ handle: borrowing RevocationHandle) throws(OpenSSLError) {
        var der: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509_CRL(handle.raw, &der)
        guard length > 0, let der else { throw OpenSSLError() }
        defer { CRYPTO_free(der, #fileID, #line) }
        self.der = Array(UnsafeBufferPointer(start: der, count: Int(length)))
        number = Self.number(of: handle.raw)
        count = X509_CRL_get_REVOKED(handle.raw).map { Int(OPENSSL_sk_num($0)) } ?? 0
    }

    package func pem() throws(OpenSSLError) -> String {
        let raw = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var start = buffer.baseAddress
            return d2i_X509_CRL(nil, &start, buffer.count)
        }
        guard let raw else { throw OpenSSLError() }
        let handle = RevocationHandle(owning: raw)
        let output = try MemoryBuffer()
        guard PEM_write_bio_X509_CRL(output.raw, handle.raw) == 1 else { throw OpenSSLError() }
        return output.text
    }

    /// As `Certificate.subjectName` writes it.
    package var issuerName: String {
        withRaw { raw in
            guard let output = try? MemoryBuffer(),
                X509_NAME_print_ex(
                    output.raw, X509_CRL_get_issuer(raw), 0, copenssl_name_flags()) >= 0
            else { return "" }
            return output.text
        } ?? ""
    }

    /// Whether that authority signed it.
    package func isSigned(by authority: Certificate) -> Bool {
        guard let issuer = try? CertificateHandle(der: authority.der) else { return false }
        defer { ERR_clear_error() }
        return withRaw { X509_CRL_verify($0, X509_get0_pubkey(issuer.raw)) == 1 } ?? false
    }

    package func contains(_ serial: String) -> Bool {
        guard let number = try? SerialNumber(serial) else { return false }
        var found: OpaquePointer?
        return withRaw { X509_CRL_get0_by_serial($0, &found, number.raw) == 1 } ?? false
    }

    private func withRaw<Value>(_ body: (OpaquePointer) -> Value) -> Value? {
        let raw = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var start = buffer.baseAddress
            return d2i_X509_CRL(nil, &start, buffer.count)
        }
        guard let raw else { return nil }
        let handle = RevocationHandle(owning: raw)
        return body(handle.raw)
    }

    private static func number(of raw: OpaquePointer) -> UInt64 {
        guard let value = X509_CRL_get_ext_d2i(raw, NID_crl_number, nil, nil) else { return 0 }
        let integer = value.assumingMemoryBound(to: ASN1_INTEGER.self)
        defer { ASN1_INTEGER_free(integer) }
        var number: UInt64 = 0
        guard ASN1_INTEGER_get_uint64(&number, integer) == 1 else {
            ERR_clear_error()
            return 0
        }
        return number
    }

    static func sign(
        _ entries: [Revocation], number: UInt64, authority: Certificate, key: PrivateKey
    ) throws(OpenSSLError) -> RevocationList {
        guard let raw = X509_CRL_new() else { throw OpenSSLError() }
        let handle = RevocationHandle(owning: raw)
        let issuer = try CertificateHandle(der: authority.der)
        guard let time = ASN1_TIME_new() else { throw OpenSSLError() }
        defer { ASN1_TIME_free(time) }
        try CertificateTime.set(Timestamp(milliseconds: 0), on: time)
        guard X509_CRL_set_version(raw, 1) == 1,
            X509_CRL_set_issuer_name(raw, X509_get_subject_name(issuer.raw)) == 1,
            X509_CRL_set1_lastUpdate(raw, time) == 1
        else { throw OpenSSLError() }
        // The "no date" of RFC 5280 §4.1.2.5.
        try CertificateTime.set(Timestamp(milliseconds: 253_402_300_799_000), on: time)
        guard X509_CRL_set1_nextUpdate(raw, time) == 1 else { throw OpenSSLError() }
        for entry in entries { try add(entry, to: raw) }
        guard X509_CRL_sort(raw) == 1 else { throw OpenSSLError() }
        try addNumber(number, to: raw)
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.raw, nil, nil, raw, 0)
        guard
            let identifier = X509V3_EXT_conf_nid(
                nil, &context, NID_authority_key_identifier, "keyid:always")
        else { throw OpenSSLError() }
        defer { X509_EXTENSION_free(identifier) }
        guard X509_CRL_add_ext(raw, identifier, -1) == 1,
            X509_CRL_sign(raw, key.key.raw, EVP_sha256()) > 0
        else { throw OpenSSLError() }
        return try RevocationList(handle)
    }

    private static func addNumber(_ number: UInt64, to raw: OpaquePointer) throws(OpenSSLError) {
        guard let integer = ASN1_INTEGER_new() else { throw OpenSSLError() }
        defer { ASN1_INTEGER_free(integer) }
        guard ASN1_INTEGER_set_uint64(integer, number) == 1,
            X509_CRL_add1_ext_i2d(raw, NID_crl_number, integer, 0, 0) == 1
        else { throw OpenSSLError() }
    }

    private static func add(_ entry: Revocation, to raw: OpaquePointer) throws(OpenSSLError) {
        let serial = try SerialNumber(entry.serial)
        guard let revoked = X509_REVOKED_new() else { throw OpenSSLError() }
        do throws(OpenSSLError) {
            guard let time = ASN1_TIME_new() else { throw OpenSSLError() }
            defer { ASN1_TIME_free(time) }
            // A clock before 1970 or after 9999 has no place in a certificate.
            let at = min(max(entry.at.milliseconds, 0), 253_402_300_799_000)
            try CertificateTime.set(Timestamp(milliseconds: at), on: time)
            guard X509_REVOKED_set_serialNumber(revoked, serial.raw) == 1,
                X509_REVOKED_set_revocationDate(revoked, time) == 1
            else { throw OpenSSLError() }
            // RFC 5280 §5.3.1: "unspecified" is said by leaving it out.
            if entry.reason != .unspecified {
                guard let reason = ASN1_ENUMERATED_new() else { throw OpenSSLError() }
                defer { ASN1_ENUMERATED_free(reason) }
                guard ASN1_ENUMERATED_set(reason, Int(entry.reason.rawValue)) == 1,
                    X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0) == 1
                else { throw OpenSSLError() }
            }
            guard X509_CRL_add0_revoked(raw, revoked) == 1 else { throw OpenSSLError() }
        } catch {
            X509_REVOKED_free(revoked)
            throw error
        }
    }
}

/// `X509_CRL *` with one owner.
private struct RevocationHandle: ~Copyable {
    let raw: OpaquePointer
    init(owning raw: OpaquePointer) { self.raw = raw }
    deinit { X509_CRL_free(raw) }
}

/// `ASN1_INTEGER *` with one owner, from hexadecimal; 20 bytes at most (RFC 5280 §4.1.2.2).
private struct SerialNumber: ~Copyable {
    let raw: UnsafeMutablePointer<ASN1_INTEGER>

    init(_ text: String) throws(OpenSSLError) {
        guard let bytes = Hex.decode(text), (1...20).contains(bytes.count),
            let number = BN_bin2bn(bytes, Int32(bytes.count), nil)
        else { throw OpenSSLError(reason: "not a serial number") }
        defer { BN_free(number) }
        guard let raw = BN_to_ASN1_INTEGER(number, nil) else { throw OpenSSLError() }
        self.raw = raw
    }

    deinit { ASN1_INTEGER_free(raw) }
}
