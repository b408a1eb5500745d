import Basics
import Crypto
import Domain
import Glibc
import Site
import Store

/// `lineside recover`: begins a site again out of its recovery kit.
struct Recover: Command {
    static let name = "recover"
    static let synopsis = "FILE [options]"
    static let summary = "Begins a site again out of its recovery kit."
    static let details = """
        The state directory must be empty. Afterwards start the appliance: it has the same
        authority, so that devices and browsers trust it as before.

          --passphrase -  reads the passphrase from standard input instead of the terminal
        \(SiteOption.details)
        """

    /// A list of revoked certificates that was made after the kit has a smaller number than this.
    private static let numberGap: UInt64 = 1_000_000

    private let arguments: Arguments

    init(_ arguments: [String]) throws(UsageError) {
        self.arguments = try Arguments(
            arguments, options: SiteOption.options + [.init("--passphrase", "-")], words: 1...1)
        if let given = self.arguments["--passphrase"], given != "-" {
            throw UsageError(
                "a passphrase in an argument could be read by every user here; use '-'")
        }
    }

    func run() async throws {
        umask(0o077)
        let paths = try SiteOption.socket(arguments).state
        try requireEmpty(paths.root)
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(arguments.words[0], limit: RecoveryKit.limit)
        } catch { throw CommandFailure("the recovery kit cannot be read: \(error)") }
        let kit: RecoveryKit
        do throws(RecoveryKit.Fault) {
            kit = try RecoveryKit(opening: bytes, passphrase: try passphrase())
        } catch { throw CommandFailure(error.description) }
        let state = try StateDirectory.open(paths.root)
        do {
            try await write(kit, state.paths)
        } catch {
            // Half a site would be refused at the next try.
            for name in (try? Files.list(paths.root)) ?? [] where name != "lock" {
                try? Files.removeTree("\(paths.root)/\(name)")
            }
            throw CommandFailure("nothing was recovered: \(error)")
        }
        tell(kit, state.paths)
        _ = consume state
    }

    /// A lock that an earlier try left is nothing.
    private func requireEmpty(_ path: String) throws {
        let names = try Files.list(path).filter { $0 != "lock" }
        guard names.isEmpty else {
            throw CommandFailure(
                "\(path) is not empty: a site lies there. Name another --state, or move it away")
        }
    }

    private func write(_ kit: RecoveryKit, _ paths: StatePaths) async throws {
        let key = try PrivateKey(pem: kit.authority.key)
        let certificate = try Certificate(pem: kit.authority.certificate)
        _ = try Issuer(certificate: certificate, key: key)
        let recovery = try RecoveryKey(pem: kit.recoveryKey)
        try Files.makeDirectory(paths.certificateAuthority)
        try Files.makeDirectory(paths.certificates)
        if let issuing = kit.authority.issuing {
            try Files.replace(paths.issuingCertificate, with: Array(issuing.utf8), mode: 0o644)
        }
        try Files.replace(
            paths.backupKey, with: Array(try recovery.publicPEM().utf8), mode: 0o644)
        _ = try Sealer.load(keyFile: paths.siteKey, creating: true)
        let stores = try await Stores.open(directory: paths.root)
        defer { stores.close() }
        if let site = kit.site {
            try await stores.settings.update(
                SiteSettings(
                    name: try Name(validating: site.name),
                    language: Language(rawValue: site.language) ?? .english,
                    timeZone: try TimeZoneName(validating: site.timeZone)), by: .site)
        }
        try await stores.settings.setValue(
            DeviceCertificates.numberKey,
            to: String(min(kit.revocationNumber, .max / 2) + Self.numberGap))
        // Its recovery key is the one in force: the kit is as good as before.
        try await stores.settings.setValues(
            [(RecoveryKeeper.key, kit.madeAt.rfc3339)],
            AuditEvent(
                kind: "site.recovered", object: .site,
                text: "Site begun again from the recovery kit of \(kit.madeAt.rfc3339)"),
            by: .site)
        let files = AuthorityFiles(paths)
        try Files.replace(files.keyFile, with: Array(try key.pem().utf8))
        try Files.replace(
            files.certificateFile, with: Array(try certificate.pem().utf8), mode: 0o644)
    }

    private func tell(_ kit: RecoveryKit, _ paths: StatePaths) {
        Output.line("recovered \(paths.root)")
        if let certificate = try? Certificate(pem: kit.authority.certificate) {
            Output.line(
                "authority \(certificate.subject) \(Hex.encode(certificate.publicKeyDigest))")
        }
        guard !kit.configuration.isEmpty else { return }
        Output.line("its configuration was:")
        for (key, value) in kit.configuration { Output.line("  \(key): \(value)") }
    }

    private func passphrase() throws(RecoveryKit.Fault) -> String {
        let isTerminal = !arguments.has("--passphrase") && isatty(0) == 1
        var settings = termios()
        let isHidden = isTerminal && tcgetattr(0, &settings) == 0
        if isHidden {
            Output.complain("passphrase of the recovery kit:")
            var silent = settings
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(0, TCSAFLUSH, &silent)
        }
        defer { if isHidden { tcsetattr(0, TCSAFLUSH, &settings) } }
        guard let line = readLine(), !line.isEmpty else { throw .wrongPassphrase }
        return line
    }
}
