import COpenSSL

/// ALPN names in the form that travels.
final class ProtocolList: Sendable {
    let wire: [UInt8]
    /// The server asks for a client certificate only when one of these is agreed on.
    let needCertificate: Set<String>

    init(_ names: [String], needCertificate: Set<String> = []) {
        self.needCertificate = needCertificate
        wire = names.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) }
    }
}

/// Which protocol a server speaks; the first of ours that the client offers.
@c func selectProtocol(
    _ session: OpaquePointer?, _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenLength: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?,
    _ offeredLength: UInt32, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let chosen, let chosenLength, let offered, let context else {
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
    let ours = Unmanaged<ProtocolList>.fromOpaque(context).takeUnretainedValue()
    return ours.wire.withUnsafeBufferPointer { wire in
        var selected: UnsafeMutablePointer<UInt8>?
        let answer = SSL_select_next_proto(
            &selected, chosenLength, wire.baseAddress, UInt32(wire.count), offered, offeredLength)
        guard answer == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        // Into the client's own list: `wire` may move once this call is over.
        let name = UnsafeBufferPointer(start: selected, count: Int(chosenLength.pointee))
        chosen.pointee = find(
            name, in: UnsafeBufferPointer(start: offered, count: Int(offeredLength)))
        if ours.needCertificate.contains(String(decoding: name, as: UTF8.self)) {
            SSL_set_verify(session, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        }
        return SSL_TLSEXT_ERR_OK
    }
}

private func find(
    _ name: UnsafeBufferPointer<UInt8>, in list: UnsafeBufferPointer<UInt8>
) -> UnsafePointer<UInt8>? {
    var index = 0
    while index < list.count {
        let end = index + 1 + Int(list[index])
        guard end <= list.count else { return nil }
        if list[(index + 1)..<end].elementsEqual(name) {
            return list.baseAddress.map { $0 + index + 1 }
        }
        index = end
    }
    return nil
}
