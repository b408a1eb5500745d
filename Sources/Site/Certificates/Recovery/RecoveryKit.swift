package import Basics
package import Crypto

/// What a site needs to begin again on another machine without enrolling one device anew: the key
/// of its authority, the key that opens its backups, and how it was called and set up.
///
/// The file is text: some lines for people, then base64 of the contents under a passphrase
/// (`PassphraseEnvelope`: PBES2, scrypt with N = 2^17, AES-256-GCM) between
/// `-----BEGIN LINESIDE RECOVERY KIT-----` and `-----END …-----`, then `Check: ` and the SHA-256 of
/// all that stands above, so that a damaged file is not taken for a wrong passphrase. The contents
/// are one JSON object: `format`, `madeAt`, `site` (`name`, `language`, `timeZone`), `authority`
/// (`key` in PKCS #8, `certificate`, `issuing`, all PEM), `recoveryKey` (X25519, PKCS #8),
/// `revocationNumber`, `configuration` (the keys of the configuration file with their values).
package struct RecoveryKit: Sendable, Equatable {
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case notAKit
        /// The check does not fit.
        case damaged
        case wrongPassphrase
        /// The passphrase opened it, and what was in it is none of ours.
        case contents(String)
        case openSSL(OpenSSLError)

        package var description: String {
            switch self {
            case .notAKit: "This is no recovery kit of Lineside."
            case .damaged: "The recovery kit is damaged or was changed: use another copy of it."
            case .wrongPassphrase:
                "The passphrase is not the one of this recovery kit (or somebody changed the kit "
                    + "on purpose)."
            case .contents(let what): "The recovery kit is incomplete: \(what)."
            case .openSSL(let error): error.description
            }
        }
    }

    package struct Site: Sendable, Equatable {
        package var name: String
        package var language: String
        package var timeZone: String
        package init(name: String, language: String, timeZone: String) {
            self.name = name
            self.language = language
            self.timeZone = timeZone
        }
    }

    /// All PEM.
    package struct Authority: Sendable, Equatable {
        package var key: String
        package var certificate: String
        /// What the plant's root has signed, with what leads to it.
        package var issuing: String?
        package init(key: String, certificate: String, issuing: String?) {
            self.key = key
            self.certificate = certificate
            self.issuing = issuing
        }
    }

    /// Characters; more matter more than odd ones.
    package static let shortestPassphrase = 12
    package static let longestPassphrase = 1_024
    /// Bytes of a kit.
    package static let limit = ByteCount.kibibytes(256)
    private static let format = "lineside-recovery-kit/1"
    private static let begin = "-----BEGIN LINESIDE RECOVERY KIT-----"
    private static let end = "-----END LINESIDE RECOVERY KIT-----"
    private static let check = "Check: "

    package var madeAt: Timestamp
    package var site: Site?
    package var authority: Authority
    package var recoveryKey: String
    /// Of the last list of revoked certificates.
    package var revocationNumber: UInt64
    package var configuration: [(key: String, value: String)]

    package init(
        madeAt: Timestamp, site: Site?, authority: Authority, recoveryKey: String,
        revocationNumber: UInt64, configuration: [(key: String, value: String)]
    ) {
        self.madeAt = madeAt
        self.site = site
        self.authority = authority
        self.recoveryKey = recoveryKey
        self.revocationNumber = revocationNumber
        self.configuration = configuration
    }

    package static func == (left: RecoveryKit, right: RecoveryKit) -> Bool {
        left.json == right.json
    }

    /// Blocks for tenths of a second and takes 128 MiB meanwhile.
    package func sealed(passphrase: String) throws(Fault) -> String {
        do throws(OpenSSLError) {
            let envelope = try PassphraseEnvelope.seal(
                json, passphrase: passphrase, salt: Randomness.bytes(16),
                nonce: Randomness.bytes(12))
            let authority = try Certificate(pem: authority.certificate)
            let text = """
                Lineside recovery kit
                Site: \(Self.line(site?.name ?? ""))
                Made: \(madeAt.rfc3339)
                Authority: \(Self.line(authority.subject)), \
                SHA-256 of its key \(Hex.encode(authority.publicKeyDigest))
                Restore with: lineside recover FILE --state DIR
                \(Self.begin)
                \(Self.wrapped(Base64URL.encodeClassic(envelope)))
                \(Self.end)

                """
            return text + Self.check + Hex.encode(Digest.sha256(Array(text.utf8))) + "\n"
        } catch { throw .openSSL(error) }
    }

    /// Blocks for tenths of a second and takes up to 256 MiB meanwhile.
    package init(opening bytes: [UInt8], passphrase: String) throws(Fault) {
        guard bytes.count <= Self.limit.bytes else { throw .notAKit }
        // Mail and sticks turn line ends around; they are not part of what is checked.
        let text = String(decoding: bytes.filter { $0 != 0x0D }, as: UTF8.self)
        guard let begin = text.firstRange(of: "\(Self.begin)\n"),
            let end = text[begin.upperBound...].firstRange(of: "\n\(Self.end)\n")
        else { throw .notAKit }
        let rest = text[end.upperBound...]
        guard rest.hasPrefix(Self.check),
            let digest = Hex.decode(
                String(rest.dropFirst(Self.check.count).prefix { $0 != "\n" })),
            digest == Digest.sha256(Array(text[..<end.upperBound].utf8))
        else { throw .damaged }
        let base64 = text[begin.upperBound..<end.lowerBound].filter { $0 != "\n" }
        guard let envelope = Base64URL.decode(base64) else { throw .damaged }
        let plain: [UInt8]
        do throws(PassphraseEnvelope.Fault) {
            plain = try PassphraseEnvelope.open(envelope, passphrase: passphrase)
        } catch {
            switch error {
            case .malformed: throw .notAKit
            case .refused: throw .wrongPassphrase
            case .openSSL(let error): throw .openSSL(error)
            }
        }
        try self.init(json: plain)
    }

    private static func wrapped(_ text: String) -> String {
        var lines: [Substring] = []
        var rest = text[...]
        while !rest.isEmpty {
            lines.append(rest.prefix(64))
            rest = rest.dropFirst(64)
        }
        return lines.joined(separator: "\n")
    }

    /// A name must not begin a line of its own.
    private static func line(_ text: String) -> String { text.filter { !$0.isNewline } }
}

extension RecoveryKit: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("format", Self.format)
            json.field("madeAt", madeAt)
            if let site {
                json.object("site") { json in
                    json.field("name", site.name)
                    json.field("language", site.language)
                    json.field("timeZone", site.timeZone)
                }
            }
            json.object("authority") { json in
                json.field("key", authority.key)
                json.field("certificate", authority.certificate)
                json.field("issuing", authority.issuing)
            }
            json.field("recoveryKey", recoveryKey)
            json.field("revocationNumber", revocationNumber)
            json.object("configuration") { json in
                for (key, value) in configuration { json.field(key, value) }
            }
        }
    }

    private init(json: [UInt8]) throws(Fault) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(json, limit: Self.limit.bytes)
        } catch { throw .contents("it cannot be read") }
        guard let object = value.object else { throw .contents("it is no object") }
        try self.init(object)
    }

    private init(_ object: JSONObject) throws(Fault) {
        do throws(JSONFieldError) {
            guard try object.string("format") == Self.format else {
                throw JSONFieldError(field: "format", reason: "is of another version")
            }
            guard let authority = try object.optionalObject("authority") else {
                throw JSONFieldError(field: "authority", reason: "is missing")
            }
            madeAt = try object.optionalTimestamp("madeAt") ?? Timestamp(milliseconds: 0)
            self.authority = Authority(
                key: try authority.string("key"),
                certificate: try authority.string("certificate"),
                issuing: try authority.optionalString("issuing"))
            recoveryKey = try object.string("recoveryKey")
            revocationNumber = UInt64(clamping: try object.optionalInt("revocationNumber") ?? 0)
            site = nil
            if let site = try object.optionalObject("site") {
                self.site = Site(
                    name: try site.string("name"), language: try site.string("language"),
                    timeZone: try site.string("timeZone"))
            }
            configuration = (try object.optionalObject("configuration")?.members ?? [])
                .compactMap { member in member.value.string.map { (member.key, $0) } }
        } catch { throw .contents("\(error.field) \(error.reason)") }
    }
}
