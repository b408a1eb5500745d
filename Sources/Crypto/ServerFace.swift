import COpenSSL

/// What a server shows to clients that offer one of our own protocols, where it shows something else
/// to everybody else: a device knows its site by the site's own authority, while a browser is to see
/// a certificate that the plant's people trust.
final class ServerFace: Sendable {
    let context: TLSContext
    /// How the names of our protocols begin.
    let prefix: [UInt8]

    init(_ context: TLSContext, prefix: String) {
        self.context = context
        self.prefix = Array(prefix.utf8)
    }

    /// - Parameter offered: the list of the ALPN extension as it travels (RFC 7301 §3.1).
    func isMeant(by offered: UnsafeBufferPointer<UInt8>) -> Bool {
        guard offered.count >= 2, Int(offered[0]) << 8 | Int(offered[1]) == offered.count - 2 else {
            return false
        }
        var index = 2
        while index < offered.count {
            let end = index + 1 + Int(offered[index])
            guard end <= offered.count else { return false }
            if offered[(index + 1)..<end].starts(with: prefix) { return true }
            index = end
        }
        return false
    }
}

/// Looks at what a client offers before anything is chosen for it.
@c func chooseFace(
    _ session: OpaquePointer?, _ alert: UnsafeMutablePointer<Int32>?,
    _ face: UnsafeMutableRawPointer?
) -> Int32 {
    guard let session, let face else { return SSL_CLIENT_HELLO_SUCCESS }
    let other = Unmanaged<ServerFace>.fromOpaque(face).takeUnretainedValue()
    var bytes: UnsafePointer<UInt8>?
    var count = 0
    let kind = UInt32(TLSEXT_TYPE_application_layer_protocol_negotiation)
    if SSL_client_hello_get0_ext(session, kind, &bytes, &count) == 1,
        other.isMeant(by: UnsafeBufferPointer(start: bytes, count: count))
    {
        _ = SSL_set_SSL_CTX(session, other.context.raw)
    }
    return SSL_CLIENT_HELLO_SUCCESS
}
