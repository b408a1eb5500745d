import Basics
import Testing

@testable import Crypto

@Suite("Issuer") struct IssuerTests {
    let end = Timestamp(milliseconds: 1_900_000_000_000)

    @Test("A new authority is valid from 1970 to the end of 9999")
    func authority() throws {
        let issuer = try Issuer.selfSigned("Plant Süd", key: .generate())
        let certificate = issuer.certificate
        #expect(certificate.subject == "Plant Süd")
        #expect(certificate.isAuthority)
        #expect(certificate.notBefore.milliseconds == 0)
        #expect(certificate.notAfter.rfc3339 == "9999-12-31T23:59:59.000Z")
        #expect(certificate.signed(certificate))
        #expect(certificate.serial.utf8.count == 32)
    }

    @Test("A server's certificate carries its names and addresses and is signed by the authority")
    func server() throws {
        let issuer = try Issuer.selfSigned("Plant", key: .generate())
        let certificate = try issuer.issueServer(
            names: ["lineside.plant", "localhost"],
            addresses: ["127.0.0.1", "::1", "fe80::1", "nonsense"], key: .generate(),
            notAfter: end)
        #expect(certificate.names == ["lineside.plant", "localhost"])
        #expect(certificate.addresses == ["127.0.0.1", "::1", "fe80::1"])
        #expect(certificate.notAfter == end)
        #expect(!certificate.isAuthority)
        #expect(issuer.certificate.signed(certificate))
        let stranger = try Issuer.selfSigned("Plant", key: .generate())
        #expect(!stranger.certificate.signed(certificate))
    }

    @Test("A name cannot smuggle in another one")
    func injection() throws {
        let issuer = try Issuer.selfSigned("Plant", key: .generate())
        let certificate = try issuer.issueServer(
            names: ["a,DNS:evil.example", "b\0c"], addresses: [], key: .generate(), notAfter: end)
        #expect(certificate.names == ["a,DNS:evil.example", "b\0c"])
    }

    @Test("A certificate survives PEM, and damaged or longer bytes are refused")
    func pem() throws {
        let certificate = try Issuer.selfSigned("Plant", key: .generate()).certificate
        #expect(try Certificate(pem: certificate.pem()) == certificate)
        #expect(throws: OpenSSLError.self) { try Certificate(der: certificate.der + [0]) }
        #expect(throws: OpenSSLError.self) { try Certificate(der: []) }
        #expect(throws: OpenSSLError.self) { try Certificate(pem: "-----BEGIN") }
        for count in stride(from: 1, to: certificate.der.count, by: 13) {
            #expect(throws: OpenSSLError.self) {
                try Certificate(der: Array(certificate.der.prefix(count)))
            }
        }
    }

    @Test("A client gets the subject that was granted, for the key that it made")
    func client() throws {
        let issuer = try Issuer.selfSigned("Plant", key: .generate())
        let request = try CertificateRequest(subject: "I am root", key: .generate())
        #expect(request.subject == "I am root")
        let certificate = try issuer.issueClient(request, subject: "press-4", notAfter: end)
        #expect(certificate.subject == "press-4")
        #expect(issuer.certificate.signed(certificate))
        var changed = request.der
        changed[changed.count - 1] ^= 1
        #expect(throws: OpenSSLError.self) { try CertificateRequest(der: changed) }
    }

    @Test("An authority needs its own key and the right to sign")
    func mismatch() throws {
        let key = try PrivateKey.generate()
        let issuer = try Issuer.selfSigned("Plant", key: .generate())
        #expect(throws: OpenSSLError.self) {
            try Issuer(certificate: issuer.certificate, key: key)
        }
        let server = try issuer.issueServer(
            names: ["a"], addresses: [], key: key, notAfter: end)
        #expect(throws: OpenSSLError.self) { try Issuer(certificate: server, key: key) }
    }
}
