package import Crypto
package import Domain
import Basics

/// The forms that EST knows (RFC 7030, RFC 8951): base64 of PKCS #7, in lines of 64 letters.
extension EnrolmentAnswer {
    package func certificateBag() throws(OpenSSLError) -> String {
        try Self.bag(pem: certificate)
    }

    package static func bag(pem: String) throws(OpenSSLError) -> String {
        let der = try CertificateBag.der(try CertificateChain(pem: pem).certificates)
        var lines = ""
        for (index, letter) in Base64URL.encodeClassic(der).enumerated() {
            if index > 0, index % 64 == 0 { lines.append("\n") }
            lines.append(letter)
        }
        return lines + "\n"
    }
}

/// A request as tools send it: PEM, or base64 of DER with or without line ends.
package enum RequestReading {
    /// `nil` for what is none of these; whether it is a request is not looked at.
    package static func der(_ body: [UInt8]) -> [UInt8]? {
        let text = String(decoding: body, as: UTF8.self)
        if text.contains("-----BEGIN") { return CertificateRequest.bytes(pem: text) }
        // A SEQUENCE: it is DER already.
        if body.first == 0x30, body.count > 1, body[1] >= 0x80 { return body }
        return Base64URL.decode(text.filter { !$0.isWhitespace })
    }
}
