import COpenSSL

/// A request for a certificate (PKCS #10) whose signature holds: who made it has the key.
package struct CertificateRequest: Sendable, Equatable {
    package let der: [UInt8]
    /// The common name that is asked for. Who signs decides what is granted.
    package let subject: String

    /// - Throws: also when its own signature is wrong.
    package init(der: [UInt8]) throws(OpenSSLError) {
        let owned = try RequestHandle(der: der)
        guard X509_REQ_verify(owned.raw, X509_REQ_get0_pubkey(owned.raw)) == 1 else {
            throw OpenSSLError()
        }
        self.der = der
        subject = DistinguishedName.commonName(X509_REQ_get_subject_name(owned.raw)) ?? ""
    }

    package init(subject: String, key: PrivateKey) throws(OpenSSLError) {
        guard let raw = X509_REQ_new() else { throw OpenSSLError() }
        let owned = RequestHandle(owning: raw)
        try DistinguishedName.set(subject, on: X509_REQ_get_subject_name(raw))
        guard X509_REQ_set_version(raw, 0) == 1, X509_REQ_set_pubkey(raw, key.key.raw) == 1,
            X509_REQ_sign(raw, key.key.raw, EVP_sha256()) > 0
        else { throw OpenSSLError() }
        try self.init(der: try owned.der())
    }
}

/// `X509_REQ *` with one owner.
struct RequestHandle: ~Copyable {
    let raw: OpaquePointer

    init(owning raw: OpaquePointer) { self.raw = raw }

    init(der: [UInt8]) throws(OpenSSLError) {
        let raw = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var start = buffer.baseAddress
            guard let read = d2i_X509_REQ(nil, &start, buffer.count) else { return nil }
            // Bytes after the request would be passed on unread.
            guard start == buffer.baseAddress.map({ $0 + buffer.count }) else {
                X509_REQ_free(read)
                return nil
            }
            return read
        }
        guard let raw else { throw OpenSSLError() }
        self.raw = raw
    }

    deinit { X509_REQ_free(raw) }

    func der() throws(OpenSSLError) -> [UInt8] {
        var der: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509_REQ(raw, &der)
        guard length > 0, let der else { throw OpenSSLError() }
        defer { CRYPTO_free(der, #fileID, #line) }
        return Array(UnsafeBufferPointer(start: der, count: Int(length)))
    }
}
