package import Basics

/// A file `*.enrol`: where the site is, by which key it is known, and a secret that lets a device
/// in. One JSON object of at most 1 KiB, so that it fits a QR code; signed, so that a damaged copy
/// is found out before anything is sent. Both ends use this type.
package struct EnrolmentBundle: Sendable, Equatable {
    package enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
        case tooLarge
        /// No bundle at all, or of a form that is not known yet.
        case unreadable(String)
        /// It was signed, and changed since.
        case tampered

        package var description: String {
            switch self {
            case .tooLarge: "The bundle is larger than \(EnrolmentBundle.maximumSize) bytes."
            case .unreadable(let why): "This is no enrolment bundle: \(why)."
            case .tampered: "The bundle was changed since it was made: copy it once more."
            }
        }
    }

    package typealias Verification =
        @Sendable (
            _ signature: [UInt8], _ message: [UInt8], _ key: [UInt8]
        ) -> Bool
    package typealias Signature = @Sendable (_ message: [UInt8]) -> [UInt8]?

    package static let version: Int64 = 1
    package static let maximumSize = 1_024
    package static let secretLength = 16

    package var site: String
    /// By address: the device has no DNS. In the order in which they are tried.
    package var urls: [String]
    /// SHA-256 of the public key of the site's authority.
    package var pin: [UInt8]
    package var team: Team.ID
    package var token: EnrolmentToken.ID
    package var secret: [UInt8]
    package var uses: Int
    /// By the appliance's clock: the device cannot check it.
    package var expiresAt: Timestamp?
    package var expectation: EnrolmentToken.Expectation

    package init(
        site: String, urls: [String], pin: [UInt8], team: Team.ID, token: EnrolmentToken.ID,
        secret: [UInt8], uses: Int, expiresAt: Timestamp?,
        expectation: EnrolmentToken.Expectation
    ) {
        self.site = site
        self.urls = urls
        self.pin = pin
        self.team = team
        self.token = token
        self.secret = secret
        self.uses = uses
        self.expiresAt = expiresAt
        self.expectation = expectation
    }

    /// - Parameters:
    ///   - key: Ed25519, 32 bytes, raw.
    /// - Throws: `.tooLarge` only where not even one address fits; the last are left out before.
    package func text(key: [UInt8], sign: Signature) throws(Fault) -> String {
        var bundle = self
        while true {
            guard let signature = sign(bundle.signed(key: key)) else {
                throw .unreadable("it could not be signed")
            }
            let text = bundle.text(key: key, signature: signature)
            if text.utf8.count <= Self.maximumSize { return text }
            guard bundle.urls.count > 1 else { throw .tooLarge }
            bundle.urls.removeLast()
        }
    }

    /// - Parameter text: as it was read from a file or a picture; blanks around it do no harm.
    package init(_ text: [UInt8], verify: Verification) throws(Fault) {
        let blank: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        var text = text[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        text = text.drop(while: blank)
        while let last = text.last, blank(last) { text.removeLast() }
        guard text.count <= Self.maximumSize else { throw .tooLarge }
        let object: JSONObject?
        do throws(JSONError) {
            object = try JSONReader.read(Array(text), limit: Self.maximumSize).object
        } catch { throw .unreadable("it \(error.reason.rawValue)") }
        guard let object, let version = object["v"]?.int else {
            throw .unreadable("it names no version")
        }
        guard version == Self.version else {
            throw .unreadable("version \(version) is newer than this program")
        }
        guard let key = Self.bytes(object["key"], 32), let signature = Self.bytes(object["sig"], 64)
        else { throw .unreadable("its signature is missing") }
        try self.init(fields: object)
        // What is signed is what is written again from the fields: one that is not known would
        // be signed by nobody.
        let known = Set(Self.names)
        guard object.members.allSatisfy({ known.contains($0.key) }),
            verify(signature, signed(key: key), key)
        else { throw .tampered }
    }

    private init(fields object: JSONObject) throws(Fault) {
        guard let site = object["site"]?.string, let pin = Self.bytes(object["pin"], 32),
            let team = object["team"]?.string.flatMap(Team.ID.init),
            let token = object["token"]?.string.flatMap(EnrolmentToken.ID.init),
            let secret = Self.bytes(object["secret"], Self.secretLength),
            let uses = object["uses"]?.int
        else { throw .unreadable("a part is missing") }
        let urls = object["urls"]?.array?.compactMap(\.string) ?? []
        guard !urls.isEmpty, urls.allSatisfy({ $0.hasPrefix("https://") }) else {
            throw .unreadable("it names no address of the site")
        }
        let expect = object["expect"]
        self.init(
            site: site, urls: urls, pin: pin, team: team, token: token, secret: secret,
            uses: Int(clamping: uses),
            expiresAt: object["expires"]?.int.map(Timestamp.init(milliseconds:)),
            expectation: .init(
                serial: expect?["serial"]?.string, mac: expect?["mac"]?.string))
    }

    private static let names = [
        "v", "site", "urls", "pin", "team", "token", "secret", "uses", "expires", "expect", "sig",
        "key",
    ]

    private static func bytes(_ value: JSONValue?, _ count: Int) -> [UInt8]? {
        guard let bytes = value?.string.flatMap(Base64URL.decode), bytes.count == count else {
            return nil
        }
        return bytes
    }

    private func signed(key: [UInt8]) -> [UInt8] {
        var json = JSONWriter()
        json.object { write(to: &$0, key: key) }
        return Array("lineside-enrolment-bundle\n".utf8) + json.bytes
    }

    private func text(key: [UInt8], signature: [UInt8]) -> String {
        var json = JSONWriter()
        json.object { json in
            write(to: &json, key: key)
            json.field("sig", Base64URL.encode(signature))
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private func write(to json: inout JSONWriter, key: [UInt8]) {
        json.field("v", Self.version)
        json.field("site", site)
        json.field("urls", urls)
        json.field("pin", Base64URL.encode(pin))
        json.field("team", team)
        json.field("token", token)
        json.field("secret", Base64URL.encode(secret))
        json.field("uses", uses)
        json.field("expires", expiresAt?.milliseconds)
        json.object("expect") { json in
            if let serial = expectation.serial { json.field("serial", serial) }
            if let mac = expectation.mac { json.field("mac", mac) }
        }
        json.field("key", Base64URL.encode(key))
    }
}
