import Basics
package import Crypto
import Synchronization

/// Whom devices and browsers are to trust on this site. Any thread, at once.
package final class AuthorityBook: Sendable {
    private struct State {
        var issuing: CertificateChain?
        var former: String
        var authorities: String
        var above: String
    }

    /// The authority as the site made it. Its key never changes, whoever signs it.
    package let site: Certificate
    private let state: Mutex<State>

    /// - Parameter issuing: what the plant's root has signed, the root last.
    init(
        site: Certificate, issuing: CertificateChain?, former: CertificateChain? = nil
    ) throws(OpenSSLError) {
        self.site = site
        state = Mutex(try Self.state(site, issuing, former))
    }

    /// PEM, the one that signs now first: with the plant's root above it, then the authority as the
    /// site made it, so that what was signed before stays good.
    package var authorities: String { state.withLock { $0.authorities } }

    /// PEM: whose certificates are taken from devices. Also those under which was signed before:
    /// their key is the site's, and what they signed is in the registry.
    package var accepted: String { state.withLock { $0.authorities + $0.former } }

    /// PEM of what a server shows behind its own certificate.
    package var above: String { state.withLock { $0.above } }

    /// What pins name: SHA-256 of the public key.
    package var spkiSHA256: [UInt8] { site.publicKeyDigest }

    /// `nil` where the plant's root has signed nothing.
    package var issuing: CertificateChain? { state.withLock { $0.issuing } }

    /// The certificate under which is signed now.
    package var current: Certificate { issuing?.certificates.first ?? site }

    func set(issuing: CertificateChain?, former: CertificateChain?) throws(OpenSSLError) {
        let new = try Self.state(site, issuing, former)
        state.withLock { $0 = new }
    }

    private static func state(
        _ site: Certificate, _ issuing: CertificateChain?, _ former: CertificateChain?
    ) throws(OpenSSLError) -> State {
        let own = try site.pem()
        let former = try former?.pem() ?? ""
        guard let issuing else {
            return State(issuing: nil, former: former, authorities: own, above: own)
        }
        // A root that a server shows is bytes for nothing: who trusts it has it.
        let shown = CertificateChain(issuing.certificates.filter { !$0.isSelfSigned })
        return State(
            issuing: issuing, former: former, authorities: try issuing.pem() + own,
            above: try shown.pem())
    }
}
