import COpenSSL

/// Certificates as EST hands them over: PKCS #7 "certs-only" (RFC 8951 §3), DER.
package enum CertificateBag {
    package static func der(_ certificates: [Certificate]) throws(OpenSSLError) -> [UInt8] {
        guard let bag = PKCS7_new() else { throw OpenSSLError() }
        defer { PKCS7_free(bag) }
        guard PKCS7_set_type(bag, NID_pkcs7_signed) == 1,
            PKCS7_content_new(bag, NID_pkcs7_data) == 1
        else { throw OpenSSLError() }
        // Without this the bag would hold an empty text beside the certificates.
        PKCS7_ctrl(bag, PKCS7_OP_SET_DETACHED_SIGNATURE, 1, nil)
        for certificate in certificates {
            let handle = try CertificateHandle(der: certificate.der)
            // It takes a reference of its own.
            guard PKCS7_add_certificate(bag, handle.raw) == 1 else { throw OpenSSLError() }
        }
        var der: UnsafeMutablePointer<UInt8>?
        let length = i2d_PKCS7(bag, &der)
        guard length > 0, let der else { throw OpenSSLError() }
        defer { CRYPTO_free(der, #fileID, #line) }
        return Array(UnsafeBufferPointer(start: der, count: Int(length)))
    }
}
