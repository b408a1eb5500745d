package import Basics
import COpenSSL

/// A certificate authority: its certificate and the key that signs.
///
/// All that it issues is valid from 1970: a plant's clock must never lock the plant out.
package struct Issuer: Sendable {
    package let certificate: Certificate
    private let key: PrivateKey

    /// - Throws: when the certificate is not that key's, or is not an authority's.
    package init(certificate: Certificate, key: PrivateKey) throws(OpenSSLError) {
        let handle = try CertificateHandle(der: certificate.der)
        guard X509_check_private_key(handle.raw, key.key.raw) == 1 else { throw OpenSSLError() }
        guard certificate.isAuthority else { throw OpenSSLError(reason: "not an authority") }
        self.certificate = certificate
        self.key = key
    }

    /// A new authority that ends with the year 9999, the "no date" of RFC 5280 §4.1.2.5.
    package static func selfSigned(_ name: String, key: PrivateKey) throws(OpenSSLError) -> Issuer {
        let handle = try blank(notAfter: Timestamp(milliseconds: 253_402_300_799_000))
        try DistinguishedName.set(name, on: X509_get_subject_name(handle.raw))
        guard X509_set_issuer_name(handle.raw, X509_get_subject_name(handle.raw)) == 1,
            X509_set_pubkey(handle.raw, key.key.raw) == 1
        else { throw OpenSSLError() }
        try extend(
            handle.raw, issuer: handle.raw,
            authorityExtensions + [(NID_subject_key_identifier, "hash")])
        let certificate = try signed(handle, by: key)
        return try Issuer(certificate: certificate, key: key)
    }

    /// For a server that answers to these DNS names and IP addresses. Browsers look only there;
    /// the common name is for people.
    package func issueServer(
        names: [String], addresses: [String], key: PrivateKey, notAfter: Timestamp
    ) throws(OpenSSLError) -> Certificate {
        try issue(
            subject: names.first ?? addresses.first ?? "server", publicKey: key.key.raw,
            use: "serverAuth", notAfter: notAfter
        ) { raw throws(OpenSSLError) in
            try AlternativeNames.add(names: names, addresses: addresses, to: raw)
        }
    }

    /// The same for a server that made its own key. Names in the request count for nothing.
    package func issueServer(
        _ request: CertificateRequest, names: [String], addresses: [String], notAfter: Timestamp
    ) throws(OpenSSLError) -> Certificate {
        let handle = try RequestHandle(der: request.der)
        return try issue(
            subject: names.first ?? addresses.first ?? "server",
            publicKey: X509_REQ_get0_pubkey(handle.raw), use: "serverAuth", notAfter: notAfter
        ) { raw throws(OpenSSLError) in
            try AlternativeNames.add(names: names, addresses: addresses, to: raw)
        }
    }

    /// For a client that made its own key. The subject is what is granted, not what was asked for.
    package func issueClient(
        _ request: CertificateRequest, subject: String, notAfter: Timestamp
    ) throws(OpenSSLError) -> Certificate {
        let handle = try RequestHandle(der: request.der)
        return try issue(
            subject: subject, publicKey: X509_REQ_get0_pubkey(handle.raw), use: "clientAuth",
            notAfter: notAfter
        ) { _ throws(OpenSSLError) in }
    }

    /// Asks another authority to sign this one: its subject and key as they are, and no further
    /// authority below it. PKCS #10, DER.
    package func requestForSuperior() throws(OpenSSLError) -> CertificateRequest {
        let own = try CertificateHandle(der: certificate.der)
        guard let raw = X509_REQ_new() else { throw OpenSSLError() }
        let request = RequestHandle(owning: raw)
        guard X509_REQ_set_version(raw, 0) == 1,
            X509_REQ_set_subject_name(raw, X509_get_subject_name(own.raw)) == 1,
            X509_REQ_set_pubkey(raw, key.key.raw) == 1, let list = OPENSSL_sk_new_null()
        else { throw OpenSSLError() }
        defer {
            while let made = OPENSSL_sk_pop(list) { X509_EXTENSION_free(OpaquePointer(made)) }
            OPENSSL_sk_free(list)
        }
        for (kind, value) in Self.authorityExtensions {
            var context = X509V3_CTX()
            X509V3_set_ctx(&context, nil, nil, raw, nil, 0)
            guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value),
                OPENSSL_sk_push(list, UnsafeRawPointer(made)) > 0
            else { throw OpenSSLError() }
        }
        guard X509_REQ_add_extensions(raw, list) == 1,
            X509_REQ_sign(raw, key.key.raw, EVP_sha256()) > 0
        else { throw OpenSSLError() }
        return try CertificateRequest(der: try request.der())
    }

    /// - Parameters:
    ///   - number: must grow from list to list: who holds two takes the larger.
    ///   - entries: in any order; one serial twice is one entry too many.
    package func revocationList(
        _ entries: [Revocation], number: UInt64
    ) throws(OpenSSLError) -> RevocationList {
        try RevocationList.sign(entries, number: number, authority: certificate, key: key)
    }

    private func issue(
        subject: String, publicKey: OpaquePointer?, use: String, notAfter: Timestamp,
        _ extend: (OpaquePointer) throws(OpenSSLError) -> Void
    ) throws(OpenSSLError) -> Certificate {
        let issuer = try CertificateHandle(der: certificate.der)
        let handle = try Self.blank(notAfter: notAfter)
        try DistinguishedName.set(subject, on: X509_get_subject_name(handle.raw))
        guard X509_set_issuer_name(handle.raw, X509_get_subject_name(issuer.raw)) == 1,
            X509_set_pubkey(handle.raw, publicKey) == 1
        else { throw OpenSSLError() }
        try Self.extend(
            handle.raw, issuer: issuer.raw,
            [
                (NID_basic_constraints, "critical,CA:FALSE"),
                (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, use),
                (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid"),
            ])
        try extend(handle.raw)
        return try Self.signed(handle, by: key)
    }

    private static let authorityExtensions: [(Int32, String)] = [
        (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
        (NID_key_usage, "critical,keyCertSign,cRLSign"),
    ]

    /// Version 3, a random serial of 126 bits, valid from 1970.
    private static func blank(notAfter: Timestamp) throws(OpenSSLError) -> CertificateHandle {
        guard let raw = X509_new() else { throw OpenSSLError() }
        let handle = CertificateHandle(owning: raw)
        var serial = Randomness.bytes(16)
        // Positive and always 16 bytes long.
        serial[0] = serial[0] & 0x7F | 0x40
        guard let number = BN_bin2bn(serial, 16, nil) else { throw OpenSSLError() }
        defer { BN_free(number) }
        guard X509_set_version(raw, 2) == 1,
            BN_to_ASN1_INTEGER(number, X509_get_serialNumber(raw)) != nil
        else { throw OpenSSLError() }
        try CertificateTime.set(Timestamp(milliseconds: 0), on: X509_getm_notBefore(raw))
        try CertificateTime.set(notAfter, on: X509_getm_notAfter(raw))
        return handle
    }

    private static func extend(
        _ certificate: OpaquePointer, issuer: OpaquePointer, _ extensions: [(Int32, String)]
    ) throws(OpenSSLError) {
        for (kind, value) in extensions {
            var context = X509V3_CTX()
            X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
            guard let made = X509V3_EXT_conf_nid(nil, &context, kind, value) else {
                throw OpenSSLError()
            }
            defer { X509_EXTENSION_free(made) }
            guard X509_add_ext(certificate, made, -1) == 1 else { throw OpenSSLError() }
        }
    }

    private static func signed(
        _ handle: borrowing CertificateHandle, by key: PrivateKey
    ) throws(OpenSSLError) -> Certificate {
        guard X509_sign(handle.raw, key.key.raw, EVP_sha256()) > 0 else { throw OpenSSLError() }
        return try Certificate(der: try handle.der())
    }
}
