package import Net

/// Who is at the other end of a connection.
package struct Peer: Sendable {
    /// The textual IP address, or `local` on a Unix socket.
    package var address: String
    /// DER of the certificate that the client showed and the handshake verified.
    package var certificate: [UInt8]?
    /// What that certificate says. Only under protocols that ask for one; the registry says whether
    /// it is still good.
    package var client: ClientCertificate?
    /// What ALPN settled on.
    package var applicationProtocol: String?
    /// Keying material of the TLS session (RFC 5705): label and count of bytes; `nil` without TLS.
    package var exporter: @Sendable (_ label: String, _ count: Int) async -> [UInt8]?
    /// The user at the other end of a Unix socket.
    package var uid: UInt32?

    package init(
        address: String, certificate: [UInt8]? = nil, client: ClientCertificate? = nil,
        applicationProtocol: String? = nil, uid: UInt32? = nil,
        exporter: @escaping @Sendable (String, Int) async -> [UInt8]? = { _, _ in nil }
    ) {
        self.address = address
        self.certificate = certificate
        self.client = client
        self.applicationProtocol = applicationProtocol
        self.exporter = exporter
        self.uid = uid
    }
}
