package import Basics
package import Crypto

/// A server certificate that the plant's own authority made, with its key: what browsers are shown
/// instead of ours.
package struct PlantCertificate: Sendable, Equatable {
    package let chain: CertificateChain
    /// PKCS #8.
    let key: String

    package var certificate: Certificate { chain.certificates[0] }
    package var notAfter: Timestamp { certificate.notAfter }

    /// - Parameters:
    ///   - chain: PEM, the server's certificate first, each one signed by the next. A root at the
    ///     end does no harm.
    ///   - key: PEM, not encrypted.
    /// - Throws: what would keep a browser from connecting at all. What it would only warn of stands
    ///   in `warnings`.
    package init(chain text: String, key: String) throws(CertificateFault) {
        let parsed: ServerKey
        do throws(ServerKey.Fault) { parsed = try ServerKey(pem: key) } catch {
            switch error {
            case .encrypted:
                throw CertificateFault(
                    "key", "The key is encrypted: take its passphrase off first.")
            case .unreadable: throw CertificateFault("key", "That is no private key in PEM.")
            case .kind(let kind): throw CertificateFault("key", "The key is \(kind).")
            }
        }
        let read: CertificateChain
        do throws(OpenSSLError) { read = try CertificateChain(pem: text) } catch {
            throw CertificateFault(
                "chain",
                "Those are not one to \(CertificateChain.mostCertificates) certificates "
                    + "in PEM (\(error.reason)).")
        }
        let first = read.certificates[0]
        guard parsed.belongs(to: first) else {
            let owner = read.certificates.firstIndex { parsed.belongs(to: $0) }
            throw CertificateFault(
                owner == nil ? "key" : "chain",
                owner.map { "The server's certificate is number \($0 + 1): put it first." }
                    ?? "The key is not the one of the certificate.")
        }
        guard !first.isAuthority else {
            throw CertificateFault("chain", "The certificate is an authority's, not a server's.")
        }
        guard first.mayServe else {
            throw CertificateFault("chain", "The certificate may not be used for a server.")
        }
        if let misplaced = read.misplaced {
            throw CertificateFault(
                "chain",
                "“\(misplaced.subjectName)” is not signed by the certificate that stands "
                    + "behind it: put each one in front of the one that signed it.")
        }
        chain = read
        do throws(OpenSSLError) { self.key = try parsed.pem() } catch {
            throw CertificateFault("key", "The key cannot be used (\(error.reason)).")
        }
    }

    /// Both in one text, as they are kept: one file changes at once or not at all.
    func text() throws(OpenSSLError) -> String { try chain.pem() + key }

    /// What a browser would warn of, and what will end.
    package func warnings(for names: LocalNames, now: Timestamp) -> [String] {
        var found: [String] = []
        let certificate = certificate
        if certificate.notAfter <= now {
            found.append(
                "It ended on \(certificate.notAfter.rfc3339.prefix(10)): browsers refuse it.")
        } else if certificate.notAfter < now + SiteAuthority.reserve {
            found.append("It ends on \(certificate.notAfter.rfc3339.prefix(10)): bring a new one.")
        }
        if certificate.notBefore > now {
            found.append(
                "It begins on \(certificate.notBefore.rfc3339.prefix(10)): until then browsers "
                    + "refuse it.")
        }
        if let ending = chain.certificates.dropFirst().first(where: {
            $0.notAfter < now + SiteAuthority.reserve
        }) {
            found.append(
                "“\(ending.subjectName)”, which signed it, ends on "
                    + "\(ending.notAfter.rfc3339.prefix(10)).")
        }
        let missing = names.all.filter {
            !["localhost", "127.0.0.1", "::1"].contains($0) && !certificate.covers($0)
        }
        if !missing.isEmpty {
            let shown = missing.prefix(5).joined(separator: ", ")
            let more = missing.count > 5 ? " and \(missing.count - 5) more" : ""
            found.append("It does not cover \(shown)\(more): browsers that come there warn.")
        }
        if chain.certificates.count == 1, !certificate.isSelfSigned {
            found.append(
                "Nothing that signed it stands behind it: a browser that does not know its "
                    + "authority already will warn.")
        }
        return found
    }
}

/// What the plant's root gave for the key of the site's authority.
enum IssuingCertificate {
    /// - Parameter text: PEM: our certificate first, then what leads to the root, the root last.
    /// - Returns: the chain, and what is worth a warning.
    static func judge(
        _ text: String, for site: Certificate, now: Timestamp
    ) throws(CertificateFault) -> (chain: CertificateChain, warnings: [String]) {
        let chain: CertificateChain
        do throws(OpenSSLError) { chain = try CertificateChain(pem: text) } catch {
            throw CertificateFault(
                "chain",
                "Those are not one to \(CertificateChain.mostCertificates) certificates "
                    + "in PEM (\(error.reason)).")
        }
        let first = chain.certificates[0]
        guard first.publicKeyDigest == site.publicKeyDigest else {
            throw CertificateFault(
                "chain",
                "The first certificate is not for the key of this site: send the request "
                    + "from here to your authority, and bring what it answers.")
        }
        guard !first.isSelfSigned else {
            throw CertificateFault("chain", "The first certificate is signed by itself.")
        }
        guard first.isAuthority, first.maySign else {
            throw CertificateFault(
                "chain",
                "The certificate is no authority's that may sign certificates and "
                    + "revocation lists: ask for a subordinate authority.")
        }
        if let misplaced = chain.misplaced {
            throw CertificateFault(
                "chain",
                "“\(misplaced.subjectName)” is not signed by the certificate that stands "
                    + "behind it: put each one in front of the one that signed it.")
        }
        guard let root = chain.certificates.last, root.isSelfSigned else {
            throw CertificateFault(
                "chain",
                "The root is missing: add the certificates up to the one that is signed "
                    + "by itself.")
        }
        for (number, authority) in chain.certificates.enumerated().dropFirst() {
            guard authority.isAuthority, (authority.pathLength ?? .max) >= number - 1 else {
                throw CertificateFault(
                    "chain", "“\(authority.subjectName)” does not allow an authority below it.")
            }
        }
        var warnings: [String] = []
        if first.pathLength != 0 {
            warnings.append(
                "The certificate allows further authorities below this one: ask for a path length "
                    + "of 0.")
        }
        for certificate in chain.certificates where certificate.notAfter < now + reserve {
            warnings.append(
                "“\(certificate.subjectName)” ends on \(certificate.notAfter.rfc3339.prefix(10)).")
        }
        return (chain, warnings)
    }

    /// 90 days: to get one from a plant's authority takes a while.
    static let reserve = Duration.seconds(90 * 86_400)
}
