package import Basics
import COpenSSL

/// An X.509 certificate, read once into values; immutable.
package struct Certificate: Sendable, Equatable {
    package let der: [UInt8]
    /// The common name; empty where it has none.
    package let subject: String
    /// Alternative names: DNS names and IP addresses, as text.
    package let names: [String]
    package let addresses: [String]
    package let notBefore: Timestamp
    package let notAfter: Timestamp
    package let isAuthority: Bool
    /// Lower-case hexadecimal.
    package let serial: String
    /// SHA-256 of the public key (SubjectPublicKeyInfo): what a pin names.
    package let publicKeyDigest: [UInt8]

    package init(der: [UInt8]) throws(OpenSSLError) {
        let owned = try CertificateHandle(der: der)
        let raw = owned.raw
        self.der = der
        subject = DistinguishedName.commonName(X509_get_subject_name(raw)) ?? ""
        (names, addresses) = AlternativeNames.read(raw)
        notBefore = try CertificateTime.read(X509_get0_notBefore(raw))
        notAfter = try CertificateTime.read(X509_get0_notAfter(raw))
        isAuthority = X509_check_ca(raw) == 1
        serial = Self.serial(of: raw)
        publicKeyDigest = try Self.publicKeyDigest(of: raw)
    }

    /// - Parameter pem: the first certificate in it counts.
    package init(pem: String) throws(OpenSSLError) {
        let input = try MemoryBuffer(Array(pem.utf8))
        guard let raw = PEM_read_bio_X509(input.raw, nil, refusePassphrase, nil) else {
            throw OpenSSLError()
        }
        try self.init(der: try CertificateHandle(owning: raw).der())
    }

    package func pem() throws(OpenSSLError) -> String {
        let owned = try CertificateHandle(der: der)
        let output = try MemoryBuffer()
        guard PEM_write_bio_X509(output.raw, owned.raw) == 1 else { throw OpenSSLError() }
        return output.text
    }

    /// SHA-256 of the whole, as browsers show it.
    package var fingerprint: [UInt8] { Digest.sha256(der) }

    /// Whether this certificate's key signed the other. Times and uses are not looked at.
    package func signed(_ other: Certificate) -> Bool {
        guard let issuer = try? CertificateHandle(der: der),
            let issued = try? CertificateHandle(der: other.der)
        else { return false }
        defer { ERR_clear_error() }
        return X509_verify(issued.raw, X509_get0_pubkey(issuer.raw)) == 1
    }

    /// Whether its public key is the one of this private key.
    package func belongs(to key: PrivateKey) -> Bool {
        guard let handle = try? CertificateHandle(der: der) else { return false }
        defer { ERR_clear_error() }
        return X509_check_private_key(handle.raw, key.key.raw) == 1
    }

    private static func serial(of raw: OpaquePointer) -> String {
        guard let number = ASN1_INTEGER_to_BN(X509_get_serialNumber(raw), nil) else { return "" }
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(number) + 7) / 8)
        BN_bn2bin(number, &bytes)
        return Hex.encode(bytes)
    }

    static func publicKeyDigest(of raw: OpaquePointer) throws(OpenSSLError) -> [UInt8] {
        var der: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(raw), &der)
        guard length > 0, let der else { throw OpenSSLError() }
        defer { CRYPTO_free(der, #fileID, #line) }
        return Digest.sha256(Array(UnsafeBufferPointer(start: der, count: Int(length))))
    }
}

/// `X509 *` with one owner.
struct CertificateHandle: ~Copyable {
    let raw: OpaquePointer

    init(owning raw: OpaquePointer) { self.raw = raw }

    init(der: [UInt8]) throws(OpenSSLError) {
        let raw = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var start = buffer.baseAddress
            guard let read = d2i_X509(nil, &start, buffer.count) else { return nil }
            // Bytes after the certificate would be kept and passed on unread.
            guard start == buffer.baseAddress.map({ $0 + buffer.count }) else {
                X509_free(read)
                return nil
            }
            return read
        }
        guard let raw else { throw OpenSSLError() }
        self.raw = raw
    }

    deinit { X509_free(raw) }

    func der() throws(OpenSSLError) -> [UInt8] {
        var der: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509(raw, &der)
        guard length > 0, let der else { throw OpenSSLError() }
        defer { CRYPTO_free(der, #fileID, #line) }
        return Array(UnsafeBufferPointer(start: der, count: Int(length)))
    }
}
