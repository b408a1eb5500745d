import COpenSSL

/// Whom a client takes for the server that it wants.
package struct TLSTrust: Sendable, Equatable {
    package enum Anchor: Sendable, Equatable {
        /// PEM of one or more authorities; one that another signed needs nothing above it.
        case authorities([UInt8])
        /// SHA-256 of the public keys of authorities (`Certificate.publicKeyDigest`). The server
        /// must show such an authority's certificate in its chain; what signed that one, and what
        /// else stands in it, is not asked.
        case pins(Set<[UInt8]>)
        /// Whoever answers: for a first word, after which the other end proves itself over the
        /// connection's keying material.
        case nobody
    }

    package var anchor: Anchor
    /// The certificate must be made out to the name that was connected to.
    package var checksName: Bool
    /// The clock is believed.
    package var checksDates: Bool

    package init(_ anchor: Anchor, checksName: Bool = true, checksDates: Bool = true) {
        self.anchor = anchor
        self.checksName = checksName
        self.checksDates = checksDates
    }

    /// What a device trusts: its site's authority and nobody else, under whatever address it finds
    /// it, whatever the clocks say.
    package static func site(_ anchor: Anchor) -> TLSTrust {
        TLSTrust(anchor, checksName: false, checksDates: false)
    }

    /// What a session that was begun under this trust is worth elsewhere: nothing.
    var mark: [UInt8] {
        var text: [UInt8] = [checksName ? 1 : 0, checksDates ? 1 : 0]
        switch anchor {
        case .authorities(let pem): text += [0] + pem
        case .pins(let pins):
            text.append(1)
            for pin in pins.sorted(by: { $0.lexicographicallyPrecedes($1) }) { text += pin }
        case .nobody: text.append(2)
        }
        return Digest.sha256(text)
    }
}

/// What `verifyPinned` goes by.
final class PinList: Sendable {
    let pins: Set<[UInt8]>
    let checksDates: Bool

    init(_ pins: Set<[UInt8]>, checksDates: Bool) {
        self.pins = pins
        self.checksDates = checksDates
    }
}

/// Instead of OpenSSL's own look into a store: the one authority in what the server shows whose
/// public key is pinned becomes the only anchor, and everything else is checked as ever. A stranger
/// may show that certificate too, but can sign nothing that leads to it.
@c func verifyPinned(_ context: OpaquePointer?, _ list: UnsafeMutableRawPointer?) -> Int32 {
    guard let context, let list else { return 0 }
    let trust = Unmanaged<PinList>.fromOpaque(list).takeUnretainedValue()
    let shown = X509_STORE_CTX_get0_untrusted(context)
    // 10: more than any chain is long; each costs a digest.
    for index in 1..<max(min(OPENSSL_sk_num(shown), 10), 1) {
        guard let certificate = OPENSSL_sk_value(shown, index).map({ OpaquePointer($0) }),
            X509_check_ca(certificate) == 1,
            let digest = try? Certificate.publicKeyDigest(of: certificate),
            trust.pins.contains(digest), let anchors = OPENSSL_sk_new_null()
        else { continue }
        defer { OPENSSL_sk_free(anchors) }
        guard OPENSSL_sk_push(anchors, UnsafeRawPointer(certificate)) > 0 else { return 0 }
        X509_STORE_CTX_set0_trusted_stack(context, anchors)
        var flags = UInt(X509_V_FLAG_PARTIAL_CHAIN)
        if !trust.checksDates { flags |= UInt(X509_V_FLAG_NO_CHECK_TIME) }
        X509_STORE_CTX_set_flags(context, flags)
        let verdict = X509_verify_cert(context)
        X509_STORE_CTX_set0_trusted_stack(context, nil)
        return verdict == 1 ? 1 : 0
    }
    X509_STORE_CTX_set_error(context, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
    return 0
}
