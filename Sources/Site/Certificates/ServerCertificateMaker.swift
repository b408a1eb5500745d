import Basics
import Crypto

/// Makes the server certificate that the site signs itself, and keeps the one that will do.
struct ServerCertificateMaker: Sendable {
    struct Pair: Sendable, Equatable {
        let certificate: Certificate
        /// With what stands above it.
        let chain: String
        let key: String
    }

    let directory: String
    let signer: any SignerLink
    let names: @Sendable () -> LocalNames
    let clock: @Sendable () -> Timestamp

    private var keyFile: String { "\(directory)/server.key" }
    private var file: String { "\(directory)/server.pem" }

    /// Asks for one before there is an authority to look at: the answer means that there is one.
    func makeFirst() throws(SiteAuthorityFault) {
        let certificate = try made(for: names(), try key())
        try write(try pem(certificate))
    }

    /// The one that is there if it will do, else a new one, on the disk before it is shown.
    func pair(under book: AuthorityBook) throws(SiteAuthorityFault) -> Pair {
        let key = try key()
        let names = names()
        let existing = existing()
        var certificate = existing?.certificate
        if let found = certificate, !isGood(found, key: key, under: book.current, names: names) {
            certificate = nil
        }
        let chosen: Certificate
        if let certificate { chosen = certificate } else { chosen = try made(for: names, key) }
        let chain = try pem(chosen) + book.above
        if chain != existing?.text { try write(chain) }
        do throws(OpenSSLError) {
            return Pair(certificate: chosen, chain: chain, key: try key.pem())
        } catch { throw .openSSL(error) }
    }

    private func made(
        for names: LocalNames, _ key: PrivateKey
    ) throws(SiteAuthorityFault) -> Certificate {
        let request: CertificateRequest
        do throws(OpenSSLError) {
            request = try CertificateRequest(subject: "server", key: key)
        } catch { throw .openSSL(error) }
        let der: [UInt8]
        do throws(SignerFault) {
            der = try signer.ask(
                .server(
                    request: request.der, names: names.names, addresses: names.addresses,
                    days: SiteAuthority.days))
        } catch { throw .signer(error) }
        do throws(OpenSSLError) { return try Certificate(der: der) } catch {
            throw .openSSL(error)
        }
    }

    /// Names that it has too many do no harm: an address that comes and goes must not cost a new
    /// certificate each time.
    private func isGood(
        _ certificate: Certificate, key: PrivateKey, under authority: Certificate,
        names: LocalNames
    ) -> Bool {
        let now = max(clock(), SiteAuthority.earliest)
        return certificate.belongs(to: key) && authority.issued(certificate)
            && Set(names.names).isSubset(of: certificate.names)
            && Set(names.addresses).isSubset(of: certificate.addresses)
            && certificate.notAfter > now + SiteAuthority.reserve
            // Made by a clock that ran ahead.
            && certificate.notAfter < now + SiteAuthority.lifetime + .seconds(86_400)
    }

    private func existing() -> (certificate: Certificate, text: String)? {
        guard let bytes = try? Files.read(file, limit: .mebibytes(1)) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return (try? Certificate(pem: text)).map { ($0, text) }
    }

    private func key() throws(SiteAuthorityFault) -> PrivateKey {
        do throws(SystemError) { try Files.makeDirectory(directory) } catch { throw .system(error) }
        do throws(KeyFileError) { return try PrivateKey.load(file: keyFile) } catch {
            throw .key(error)
        }
    }

    private func pem(_ certificate: Certificate) throws(SiteAuthorityFault) -> String {
        do throws(OpenSSLError) { return try certificate.pem() } catch { throw .openSSL(error) }
    }

    private func write(_ text: String) throws(SiteAuthorityFault) {
        do throws(SystemError) {
            try Files.replace(file, with: Array(text.utf8), mode: 0o644)
        } catch { throw .system(error) }
    }
}
