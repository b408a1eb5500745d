package import Basics
package import Crypto
package import Domain
package import Store

/// The site's recovery kit: who made one, and the key pair that backups are encrypted to.
///
/// The pair is made at the first start. Its public half stays; the private half lies here sealed
/// until a kit has it, and then nowhere but there. Who makes another kit later gets a new pair: each
/// kit opens the backups that were made until the next one, so that old kits are to be kept.
package actor RecoveryKeeper {
    package enum Fault: Error, Sendable, Equatable {
        /// The passphrase is too short or too long, in a sentence.
        case passphrase(String)
        case failed(String)
    }

    /// Where it stands when a kit was made last.
    package static let key = "recovery-kit.made-at"
    private static let context = "recovery-key"

    private let stores: Stores
    private let sealer: Sealer
    private let paths: StatePaths
    private let tool: AuthorityTool
    private let configuration: [(key: String, value: String)]
    private let certificates: DeviceCertificates
    private let executor = BlockingExecutor(label: "recovery kit")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - Parameter configuration: what the kit says of how the site is set up; no secrets.
    package init(
        stores: Stores, sealer: Sealer, paths: StatePaths, tool: AuthorityTool,
        certificates: DeviceCertificates, configuration: [(key: String, value: String)]
    ) {
        self.stores = stores
        self.sealer = sealer
        self.paths = paths
        self.tool = tool
        self.certificates = certificates
        self.configuration = configuration
    }

    /// Makes the key pair where there is none yet. Blocks on files.
    package func prepare() throws(Fault) {
        guard !Files.exists(paths.backupKey) else { return }
        _ = try newPair()
    }

    /// `nil` as long as no kit was made.
    package func downloadedAt() async throws(StoreError) -> Timestamp? {
        try await stores.settings.value(Self.key).flatMap(Timestamp.init(rfc3339:))
    }

    /// When the first start was, as the file of the public key says.
    package var preparedAt: Timestamp? { Files.modified(paths.backupKey) }

    /// - Returns: the file.
    package func make(passphrase: String, by actor: Actor) async throws(Fault) -> String {
        let count = passphrase.count
        guard count >= RecoveryKit.shortestPassphrase else {
            throw .passphrase("must have at least \(RecoveryKit.shortestPassphrase) characters")
        }
        guard count <= RecoveryKit.longestPassphrase else {
            throw .passphrase("must have at most \(RecoveryKit.longestPassphrase) characters")
        }
        let kept = try privateHalf()
        let secret: String
        if let kept { secret = kept } else { secret = try newPair() }
        do {
            let site = try await stores.settings.site()
            let contents = KitOrder(
                passphrase: passphrase,
                site: site.map {
                    RecoveryKit.Site(
                        name: $0.name.text, language: $0.language.rawValue,
                        timeZone: $0.timeZone.text)
                }, recoveryKey: secret,
                revocationNumber: certificates.list?.number ?? 0, configuration: configuration)
            let kit = try tool.kit(contents)
            try await stores.settings.setValues(
                [(Self.key, Timestamp.now().rfc3339)],
                AuditEvent(
                    kind: "site.recovery-kit", object: .site, text: "Recovery kit made"),
                by: actor)
            // In the kit, and from now on only there.
            try Files.removeIfThere(paths.sealedRecoveryKey)
            return kit
        } catch {
            throw .failed("The recovery kit was not made: \(error)")
        }
    }

    private func privateHalf() throws(Fault) -> String? {
        do throws(SystemError) {
            let sealed = try Files.read(paths.sealedRecoveryKey, limit: .kibibytes(16))
            do throws(Sealer.Fault) {
                return try sealer.openText(sealed, context: Self.context)
            } catch { return nil }
        } catch {
            if error.isMissing { return nil }
            throw .failed(error.description)
        }
    }

    /// The private half is on the disk first: a public one alone would make backups that nobody
    /// can open.
    private func newPair() throws(Fault) -> String {
        do {
            let pair = try RecoveryKey.generate()
            let text = try pair.pem()
            try Files.makeDirectory(paths.certificates)
            try Files.replace(
                paths.sealedRecoveryKey, with: try sealer.seal(text: text, context: Self.context))
            try Files.replace(
                paths.backupKey, with: Array(try pair.publicPEM().utf8), mode: 0o644)
            return text
        } catch {
            throw .failed("The key of the backups was not made: \(error)")
        }
    }
}
