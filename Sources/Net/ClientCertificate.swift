import Crypto

/// What a client's certificate, which our authority signed, says of it. Whether it is still good is
/// for the registry to say: no date and no list of revoked ones has been looked at.
package struct ClientCertificate: Sendable, Hashable {
    /// Lower-case hexadecimal.
    package let serial: String
    package let commonName: String

    package init(serial: String, commonName: String) {
        self.serial = serial
        self.commonName = commonName
    }

    /// `nil` for what cannot be read.
    init?(der: [UInt8]) {
        guard let certificate = try? Certificate(der: der) else { return nil }
        self.init(serial: certificate.serial, commonName: certificate.subject)
    }
}
