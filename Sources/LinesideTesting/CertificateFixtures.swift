package import Basics
package import Crypto

/// An authority and what it signs, made at run time: no key lies in the repository.
package struct CertificateFixtures: Sendable {
    package let issuer: Issuer
    package let authority: [UInt8]

    /// The end of 2099.
    package static let notAfter = Timestamp(milliseconds: 4_102_444_799_000)

    package init(_ name: String = "Test authority") throws(OpenSSLError) {
        issuer = try Issuer.selfSigned(name, key: try PrivateKey.generate())
        authority = Array(try issuer.certificate.pem().utf8)
    }

    package func server(
        names: [String] = ["localhost"], addresses: [String] = ["127.0.0.1"],
        notAfter: Timestamp = notAfter, withAuthority: Bool = false
    ) throws(OpenSSLError) -> TLSContext.Identity {
        let key = try PrivateKey.generate()
        let certificate = try issuer.issueServer(
            names: names, addresses: addresses, key: key, notAfter: notAfter)
        let made = try identity(certificate, key)
        guard withAuthority else { return made }
        return TLSContext.Identity(chain: made.chain + authority, key: made.key)
    }

    package func client(
        _ subject: String, notAfter: Timestamp = notAfter
    ) throws(OpenSSLError) -> TLSContext.Identity {
        let key = try PrivateKey.generate()
        let request = try CertificateRequest(subject: subject, key: key)
        return try identity(
            try issuer.issueClient(request, subject: subject, notAfter: notAfter), key)
    }

    /// SHA-256 of the authority's public key.
    package var pin: [UInt8] { issuer.certificate.publicKeyDigest }

    private func identity(
        _ certificate: Certificate, _ key: PrivateKey
    ) throws(OpenSSLError) -> TLSContext.Identity {
        TLSContext.Identity(
            chain: Array(try certificate.pem().utf8), key: Array(try key.pem().utf8))
    }
}
