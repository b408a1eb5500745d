package import Basics
package import Crypto
package import Net
import Synchronization

/// The server certificates of the site, all signed by its own authority: made at the first start,
/// renewed when the machine gets another name or address and before they end. The authority's key
/// is the signer's, not ours: while a certificate is good, nothing here waits for the signer.
package actor SiteAuthority: Service {
    /// 397 days, the most that browsers take from a public authority; ours they take as well.
    static let days = 397
    static let lifetime = Duration.seconds(days * 86_400)
    /// Renewed when less than 30 days are left.
    static let reserve = Duration.seconds(30 * 86_400)
    /// A clock that stands before this was written is wrong.
    static let earliest = Timestamp(milliseconds: 1_793_491_200_000)

    /// What listeners show; a renewal reaches it by itself.
    package nonisolated let tls: TLSConfiguration
    /// Whom devices and browsers are to trust.
    package nonisolated let book: AuthorityBook
    /// The authority as the site made it.
    package nonisolated var certificate: Certificate { book.site }
    /// Certificate, chain and key that browsers and brokers show, in one PEM file, 0600.
    package nonisolated var shownFile: String { "\(directory)/shown.pem" }

    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private nonisolated let directory: String
    private let files: AuthorityFiles
    private let plantFile: String
    private let maker: ServerCertificateMaker
    private let options: TLSConfiguration.Options
    private let clock: @Sendable () -> Timestamp
    private let log = Log("certificates")
    private var pair: ServerCertificateMaker.Pair
    private var observers: [@Sendable () -> Void] = []
    /// The plant's own certificate, which browsers are shown instead of ours.
    package private(set) var plant: PlantCertificate?
    /// The one that the site signed itself.
    package var server: Certificate { pair.certificate }

    /// Blocks on files, and for seconds on the signer where a certificate must be made: at start,
    /// before there is an event loop to hold up.
    /// - Parameters:
    ///   - files: where the authority's certificates lie.
    ///   - directory: of the server's key and certificate.
    ///   - options: ALPN and client certificates; whose authority is this one unless they say so.
    package init(
        _ files: AuthorityFiles, server directory: String, signer: any SignerLink,
        options: TLSConfiguration.Options = TLSConfiguration.Options(),
        names: @escaping @Sendable () -> LocalNames = { LocalNames.current() },
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) throws(SiteAuthorityFault) {
        let maker = ServerCertificateMaker(
            directory: directory, signer: signer, names: names, clock: clock)
        self.maker = maker
        if Files.exists(files.certificateFile), !Files.exists(files.keyFile) {
            throw .keyLost(directory: files.directory)
        }
        // The signer makes the authority before it answers for the first time.
        if try files.certificate() == nil { try maker.makeFirst() }
        guard let site = try files.certificate() else {
            throw .keyLost(directory: files.directory)
        }
        do throws(OpenSSLError) {
            // What cannot be read is as if nobody had brought it; the site's own goes on.
            book = try AuthorityBook(
                site: site, issuing: try? files.issuing(), former: try? files.former())
        } catch { throw .openSSL(error) }
        pair = try maker.pair(under: book)
        self.files = files
        self.directory = directory
        plantFile = "\(Files.parent(of: files.issuingFile))/plant.pem"
        plant = Self.plant(in: plantFile)
        self.options = options
        self.clock = clock
        let shown = Self.material(plant, pair)
        do throws(NetError) {
            tls = try TLSConfiguration(shown, options: Self.options(options, book, plant, pair))
        } catch { throw .tls("\(error)") }
        executor = BlockingExecutor(label: "certificates")
        try Self.write(shown, to: "\(directory)/shown.pem")
    }

    /// Looks every ten minutes whether the names have changed or the end is near.
    package func run() async throws {
        while true {
            try await Task.sleep(for: .seconds(600))
            do throws(SiteAuthorityFault) {
                try renewIfNeeded()
            } catch { log.error("the server certificate was not renewed: \(error)") }
        }
    }

    /// - Parameter observer: called after each change of what is shown or trusted; must not block.
    package func onRenewal(_ observer: @escaping @Sendable () -> Void) {
        observers.append(observer)
    }

    /// - Returns: whether there is a new certificate. The old one goes on after a throw.
    @discardableResult
    package func renewIfNeeded() throws(SiteAuthorityFault) -> Bool {
        let new = try maker.pair(under: book)
        guard new != pair else { return false }
        try show(plant, new)
        let names = (server.names + server.addresses).joined(separator: ", ")
        log.notice("new server certificate for \(names)")
        return true
    }

    /// From now on browsers are shown the plant's certificate.
    /// - Returns: what a browser would warn of.
    @discardableResult
    package func use(plant new: PlantCertificate) throws(SiteAuthorityFault) -> [String] {
        let text: String
        do throws(OpenSSLError) { text = try new.text() } catch { throw .openSSL(error) }
        // OpenSSL has rules of its own: what it does not take must not lie in the file.
        do throws(NetError) {
            _ = try TLSConfiguration(Self.material(new, pair), options: options)
        } catch { throw .tls("\(error)") }
        try Self.write(Array(text.utf8), to: plantFile, mode: 0o600)
        try show(new, pair)
        return warnings
    }

    /// From now on browsers are shown ours again.
    package func dropPlant() throws(SiteAuthorityFault) {
        do throws(SystemError) { try Files.removeIfThere(plantFile) } catch {
            throw .system(error)
        }
        try show(nil, pair)
    }

    /// What is wrong with what browsers are shown.
    package var warnings: [String] { plant?.warnings(for: maker.names(), now: clock()) ?? [] }

    /// The plant's root has signed the site's authority. Devices that are there keep what they have:
    /// the key is the same, and the authority as it was stays among those that are trusted.
    /// - Returns: what is worth a warning.
    package func use(
        issuing text: String
    ) throws(CertificateFault) -> Result<[String], SiteAuthorityFault> {
        let (chain, warnings) = try IssuingCertificate.judge(text, for: book.site, now: clock())
        do throws(SiteAuthorityFault) {
            let pem: String
            do throws(OpenSSLError) { pem = try chain.pem() } catch {
                throw SiteAuthorityFault.openSSL(error)
            }
            try keepFormer()
            try Self.write(Array(pem.utf8), to: files.issuingFile, mode: 0o644)
            try change(issuing: chain)
            return .success(warnings)
        } catch { return .failure(error) }
    }

    /// From now on the site signs under the name that it made for itself. Devices trust that one
    /// all along; what was signed in between stays good, because its authority stays among those
    /// of which devices may show certificates.
    package func dropIssuing() throws(SiteAuthorityFault) {
        try keepFormer()
        do throws(SystemError) { try Files.removeIfThere(files.issuingFile) } catch {
            throw .system(error)
        }
        try change(issuing: nil)
    }

    private func change(issuing: CertificateChain?) throws(SiteAuthorityFault) {
        let former = try files.former()
        do throws(OpenSSLError) { try book.set(issuing: issuing, former: former) } catch {
            throw .openSSL(error)
        }
        try show(plant, try maker.pair(under: book))
    }

    /// What signs now is about to be replaced: first it is among those of before.
    private func keepFormer() throws(SiteAuthorityFault) {
        guard let issuing = book.issuing else { return }
        var all = issuing.certificates
        for certificate in (try? files.former())?.certificates ?? []
        where !all.contains(certificate) { all.append(certificate) }
        let kept = CertificateChain(Array(all.prefix(CertificateChain.mostCertificates)))
        let pem: String
        do throws(OpenSSLError) { pem = try kept.pem() } catch { throw .openSSL(error) }
        try Self.write(Array(pem.utf8), to: files.formerFile, mode: 0o644)
    }

    /// How things are, at one moment.
    package struct Facts: Sendable, Equatable {
        /// Of what browsers are shown.
        package let names: [String]
        package let addresses: [String]
        package let notAfter: Timestamp
        package let issuer: String
        /// That is the plant's own.
        package let isPlants: Bool
        package let warnings: [String]
        /// Under which is signed.
        package let authority: String
        /// SHA-256 of its certificate.
        package let fingerprint: [UInt8]
        package let spkiSHA256: [UInt8]
        package let authorityNotAfter: Timestamp
        /// That the plant's root signed.
        package let isIssuing: Bool
    }

    /// PEM of whom a client must trust that comes as browsers do; `nil` where the plant's own
    /// certificate is shown, whose authority is the plant's matter.
    package var authoritiesOfBrowsers: String? { plant == nil ? book.authorities : nil }

    package var facts: Facts {
        let shown = plant?.certificate ?? server
        let authority = book.current
        return Facts(
            names: shown.names, addresses: shown.addresses, notAfter: shown.notAfter,
            issuer: shown.issuerName, isPlants: plant != nil, warnings: warnings,
            authority: authority.subjectName, fingerprint: authority.fingerprint,
            spkiSHA256: authority.publicKeyDigest, authorityNotAfter: authority.notAfter,
            isIssuing: book.issuing != nil)
    }

    private func show(
        _ plant: PlantCertificate?, _ pair: ServerCertificateMaker.Pair
    ) throws(SiteAuthorityFault) {
        let shown = Self.material(plant, pair)
        do throws(NetError) {
            try tls.replace(shown, options: Self.options(options, book, plant, pair))
        } catch { throw .tls("\(error)") }
        self.plant = plant
        self.pair = pair
        try Self.write(shown, to: shownFile)
        for observer in observers { observer() }
    }

    private static func options(
        _ options: TLSConfiguration.Options, _ book: AuthorityBook, _ plant: PlantCertificate?,
        _ pair: ServerCertificateMaker.Pair
    ) -> TLSConfiguration.Options {
        var options = options
        // Devices pin the site's authority: the plant's certificate would be a stranger's to them.
        if plant != nil { options.ours = material(nil, pair) }
        if options.clientAuthority == nil {
            options.clientAuthority = Array(book.accepted.utf8)
        }
        return options
    }

    private static func material(
        _ plant: PlantCertificate?, _ pair: ServerCertificateMaker.Pair
    ) -> TLSConfiguration.Material {
        guard let plant, let chain = try? plant.chain.pem() else {
            return .pem(chain: Array(pair.chain.utf8), key: Array(pair.key.utf8))
        }
        return .pem(chain: Array(chain.utf8), key: Array(plant.key.utf8))
    }

    /// What lies there was good when it was brought; what is none any more counts as not there.
    private static func plant(in file: String) -> PlantCertificate? {
        guard let bytes = try? Files.read(file, limit: .kibibytes(128)) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        return try? PlantCertificate(chain: text, key: text)
    }

    private static func write(
        _ material: TLSConfiguration.Material, to file: String
    ) throws(SiteAuthorityFault) {
        guard case .pem(let chain, let key) = material else { return }
        if (try? Files.read(file)) == chain + key { return }
        try write(chain + key, to: file, mode: 0o600)
    }

    private static func write(
        _ bytes: [UInt8], to file: String, mode: UInt32
    ) throws(SiteAuthorityFault) {
        do throws(SystemError) {
            try Files.makeDirectory(Files.parent(of: file))
            try Files.replace(file, with: bytes, mode: mode)
        } catch { throw .system(error) }
    }
}
