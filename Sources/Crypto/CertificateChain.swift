package import Basics
import COpenSSL

/// Certificates of one PEM text, in the order in which they stand there.
package struct CertificateChain: Sendable, Equatable {
    package let certificates: [Certificate]

    /// 64 KiB and 10 certificates: no chain of a plant is longer.
    package static let limit = ByteCount.kibibytes(64)
    package static let mostCertificates = 10

    /// - Throws: also where there is none, or more than `mostCertificates`.
    package init(pem: String) throws(OpenSSLError) {
        guard pem.utf8.count <= Self.limit.bytes else { throw OpenSSLError(reason: "too long") }
        let input = try MemoryBuffer(Array(pem.utf8))
        var found: [Certificate] = []
        while let raw = PEM_read_bio_X509(input.raw, nil, refusePassphrase, nil) {
            let handle = CertificateHandle(owning: raw)
            guard found.count < Self.mostCertificates else {
                throw OpenSSLError(reason: "too many certificates")
            }
            found.append(try Certificate(der: try handle.der()))
        }
        // The end of the text is an entry in OpenSSL's queue like any other; a certificate that
        // cannot be read is another one.
        let isEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        let error = OpenSSLError()
        guard !found.isEmpty, isEnd else { throw error }
        certificates = found
    }

    package init(_ certificates: [Certificate]) { self.certificates = certificates }

    package func pem() throws(OpenSSLError) -> String {
        var text = ""
        for certificate in certificates { text += try certificate.pem() }
        return text
    }

    /// The first that was not issued by the one that stands behind it; `nil` if the order is right.
    package var misplaced: Certificate? {
        for (certificate, issuer) in zip(certificates, certificates.dropFirst())
        where !issuer.issued(certificate) { return certificate }
        return nil
    }
}

/// What is asked of a certificate now and then, and is therefore read only then.
extension Certificate {
    /// Whether the other names this one as its issuer, and this one's key signed it.
    package func issued(_ other: Certificate) -> Bool {
        guard let issuer = try? CertificateHandle(der: der),
            let issued = try? CertificateHandle(der: other.der)
        else { return false }
        defer { ERR_clear_error() }
        return X509_check_issued(issuer.raw, issued.raw) == X509_V_OK
            && X509_verify(issued.raw, X509_get0_pubkey(issuer.raw)) == 1
    }

    package var isSelfSigned: Bool { issued(self) }

    /// As RFC 2253 writes it: "CN=Plant CA,O=Works".
    package var subjectName: String { name(X509_get_subject_name) }
    package var issuerName: String { name(X509_get_issuer_name) }

    private func name(_ of: (OpaquePointer?) -> OpaquePointer?) -> String {
        guard let handle = try? CertificateHandle(der: der), let output = try? MemoryBuffer(),
            X509_NAME_print_ex(output.raw, of(handle.raw), 0, copenssl_name_flags()) >= 0
        else { return "" }
        return output.text
    }

    /// How many authorities may stand between this one and what it signs; `nil`: any number.
    package var pathLength: Int? {
        guard let handle = try? CertificateHandle(der: der) else { return nil }
        let length = X509_get_pathlen(handle.raw)
        return length < 0 ? nil : length
    }

    /// Whether its key usage lets it sign certificates and lists of revoked ones.
    package var maySign: Bool {
        guard let handle = try? CertificateHandle(der: der) else { return false }
        let usage = X509_get_key_usage(handle.raw)
        return isAuthority && usage & UInt32(KU_KEY_CERT_SIGN) != 0
            && usage & UInt32(KU_CRL_SIGN) != 0
    }

    package var mayServe: Bool {
        guard let handle = try? CertificateHandle(der: der) else { return false }
        defer { ERR_clear_error() }
        return X509_check_purpose(handle.raw, X509_PURPOSE_SSL_SERVER, 0) == 1
    }

    /// Whether a browser that comes under this name or address takes it; wildcards count.
    package func covers(_ host: String) -> Bool {
        guard let handle = try? CertificateHandle(der: der) else { return false }
        defer { ERR_clear_error() }
        if IPAddressText.bytes(host) != nil {
            return X509_check_ip_asc(handle.raw, host, 0) == 1
        }
        return X509_check_host(handle.raw, host, host.utf8.count, 0, nil) == 1
    }
}
