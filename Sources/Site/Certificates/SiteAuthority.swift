package import Basics
package import Crypto
package import Net

/// Why the site has no certificate to show.
package enum SiteAuthorityFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The authority's certificate is there and its key is not, or they do not belong together.
    case keyLost(directory: String)
    case key(KeyFileError)
    case system(SystemError)
    case openSSL(OpenSSLError)
    case tls(String)

    package var description: String {
        switch self {
        case .keyLost(let directory):
            "The key of the site's certificate authority in \(directory) is missing or is not the "
                + "one of its certificate: restore the directory from a backup."
        case .key(let error): error.description
        case .system(let error): error.description
        case .openSSL(let error): error.description
        case .tls(let reason): "The site's certificate cannot be used: \(reason)."
        }
    }
}

/// The site's own certificate authority and the server certificate that it keeps valid: made at the
/// first start, renewed when the machine gets another name or address and before it ends.
package actor SiteAuthority: Service {
    /// 397 days, the most that browsers take from a public authority; ours they take as well.
    static let lifetime = Duration.seconds(397 * 86_400)
    /// Renewed when less than 30 days are left.
    static let reserve = Duration.seconds(30 * 86_400)
    /// A clock that stands before this was written is wrong.
    static let earliest = Timestamp(milliseconds: 1_793_491_200_000)

    /// What listeners show; a renewal reaches it by itself.
    package nonisolated let tls: TLSConfiguration
    /// What devices and browsers are to trust.
    package nonisolated let certificate: Certificate

    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let issuer: Issuer
    private let directory: String
    private let localNames: @Sendable () -> LocalNames
    private let clock: @Sendable () -> Timestamp
    private let log = Log("certificates")
    package private(set) var server: Certificate

    /// Blocks some milliseconds on files: at start, before there is an event loop to hold up.
    /// - Parameters:
    ///   - authority: directory of the authority's key and certificate.
    ///   - server: directory of the server's.
    ///   - options: ALPN and client certificates; whose authority is this one unless they say so.
    package init(
        authority: String, server directory: String,
        options: TLSConfiguration.Options = TLSConfiguration.Options(),
        names: @escaping @Sendable () -> LocalNames = { LocalNames.current() },
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) throws(SiteAuthorityFault) {
        issuer = try Self.issuer(in: authority)
        certificate = issuer.certificate
        let pair = try Self.serverPair(
            in: directory, issuer: issuer, names: names(), now: clock())
        server = pair.certificate
        var options = options
        if options.clientAuthority == nil {
            options.clientAuthority = Array(try Self.pem(issuer.certificate).utf8)
        }
        do throws(NetError) {
            tls = try TLSConfiguration(pair.material, options: options)
        } catch { throw .tls("\(error)") }
        self.directory = directory
        localNames = names
        self.clock = clock
        executor = BlockingExecutor(label: "certificates")
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

    /// - Returns: whether there is a new certificate. The old one goes on after a throw.
    @discardableResult
    package func renewIfNeeded() throws(SiteAuthorityFault) -> Bool {
        let pair = try Self.serverPair(
            in: directory, issuer: issuer, names: localNames(), now: clock())
        guard pair.certificate != server else { return false }
        do throws(NetError) { try tls.replace(pair.material) } catch { throw .tls("\(error)") }
        server = pair.certificate
        let names = (server.names + server.addresses).joined(separator: ", ")
        log.notice("new server certificate for \(names)")
        return true
    }

    private static func issuer(in directory: String) throws(SiteAuthorityFault) -> Issuer {
        let keyFile = "\(directory)/authority.key"
        let certificateFile = "\(directory)/authority.pem"
        do throws(SystemError) { try Files.makeDirectory(directory) } catch { throw .system(error) }
        guard Files.exists(keyFile) || !Files.exists(certificateFile) else {
            throw .keyLost(directory: directory)
        }
        let key: PrivateKey
        do throws(KeyFileError) { key = try PrivateKey.load(file: keyFile) } catch {
            throw .key(error)
        }
        guard let existing = try certificate(in: certificateFile) else {
            // The word at the end tells two sites apart in a browser's list of authorities.
            let name = "Lineside site \(Randomness.text(count: 6, from: .readable))"
            let made: Issuer
            do throws(OpenSSLError) { made = try Issuer.selfSigned(name, key: key) } catch {
                throw .openSSL(error)
            }
            try write(Array(try pem(made.certificate).utf8), to: certificateFile)
            return made
        }
        do throws(OpenSSLError) {
            return try Issuer(certificate: existing, key: key)
        } catch { throw .keyLost(directory: directory) }
    }

    private struct Pair {
        let certificate: Certificate
        let material: TLSConfiguration.Material
    }

    /// The one that is there if it will do, else a new one, on the disk before it is shown.
    private static func serverPair(
        in directory: String, issuer: Issuer, names: LocalNames, now: Timestamp
    ) throws(SiteAuthorityFault) -> Pair {
        do throws(SystemError) { try Files.makeDirectory(directory) } catch { throw .system(error) }
        let key: PrivateKey
        do throws(KeyFileError) {
            key = try PrivateKey.load(file: "\(directory)/server.key")
        } catch { throw .key(error) }
        let file = "\(directory)/server.pem"
        var certificate = try? certificate(in: file)
        if let existing = certificate,
            !isGood(existing, key: key, issuer: issuer, names: names, now: now)
        {
            certificate = nil
        }
        let chosen: Certificate
        let chain: [UInt8]
        let keyPEM: [UInt8]
        do throws(OpenSSLError) {
            if let certificate {
                chosen = certificate
            } else {
                chosen = try issuer.issueServer(
                    names: names.names, addresses: names.addresses, key: key,
                    notAfter: max(now, earliest) + lifetime)
            }
            chain = Array((try chosen.pem() + issuer.certificate.pem()).utf8)
            keyPEM = Array(try key.pem().utf8)
        } catch { throw .openSSL(error) }
        if certificate == nil { try write(chain, to: file) }
        return Pair(certificate: chosen, material: .pem(chain: chain, key: keyPEM))
    }

    /// Names that it has too many do no harm: an address that comes and goes must not cost a new
    /// certificate each time.
    private static func isGood(
        _ certificate: Certificate, key: PrivateKey, issuer: Issuer, names: LocalNames,
        now: Timestamp
    ) -> Bool {
        let now = max(now, earliest)
        return certificate.belongs(to: key) && issuer.certificate.signed(certificate)
            && Set(names.names).isSubset(of: certificate.names)
            && Set(names.addresses).isSubset(of: certificate.addresses)
            && certificate.notAfter > now + reserve
            // Made by a clock that ran ahead.
            && certificate.notAfter < now + lifetime + .seconds(86_400)
    }

    private static func certificate(in file: String) throws(SiteAuthorityFault) -> Certificate? {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.read(file, limit: .mebibytes(1)) } catch {
            if error.isMissing { return nil }
            throw .system(error)
        }
        do throws(OpenSSLError) {
            return try Certificate(pem: String(decoding: bytes, as: UTF8.self))
        } catch { throw .openSSL(error) }
    }

    private static func pem(_ certificate: Certificate) throws(SiteAuthorityFault) -> String {
        do throws(OpenSSLError) { return try certificate.pem() } catch { throw .openSSL(error) }
    }

    private static func write(_ bytes: [UInt8], to file: String) throws(SiteAuthorityFault) {
        do throws(SystemError) { try Files.replace(file, with: bytes, mode: 0o644) } catch {
            throw .system(error)
        }
    }
}
