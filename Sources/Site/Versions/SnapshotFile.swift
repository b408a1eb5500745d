package import Basics
import Crypto
package import Domain

/// A snapshot as one file: flows and what belongs to them, readable without us, for carrying from
/// one site to another. Credentials are in it only under a passphrase.
package struct SnapshotFile: Sendable, Equatable {
    package static let format = "lineside-snapshot/1"
    /// 64 MB: thirty times the largest flows that anybody has shown us.
    package static let largest = 64 << 20

    package var name: String
    package var note: String
    package var createdAt: Timestamp?
    /// JSON, a list of nodes.
    package var flows: JSONValue
    package var modules: [NodeModule]
    /// Names of environment variables, without values.
    package var environment: [String]
    var credentials: Locked?

    /// Node-RED's own format of encrypted credentials. Its secret is the hexadecimal text of what
    /// scrypt makes of the passphrase, because Node-RED itself would use the passphrase as it is.
    struct Locked: Sendable, Equatable {
        var credentials: JSONValue
        var salt: [UInt8]
        static let costExponent = 15
    }

    package init(
        name: String, note: String = "", createdAt: Timestamp?, flows: JSONValue,
        modules: [NodeModule], environment: [String]
    ) {
        self.name = name
        self.note = note
        self.createdAt = createdAt
        self.flows = flows
        self.modules = modules
        self.environment = environment
    }

    package var hasCredentials: Bool { credentials != nil }

    /// - Parameter credentials: clear, JSON from node id to values.
    mutating func lock(_ credentials: [UInt8], passphrase: String) throws(VersionFault) {
        guard passphrase.count >= 12 else { throw .weakPassphrase }
        let salt = Randomness.bytes(16)
        let file = try Self.cipher(passphrase, salt) { key throws(NodeREDCredentials.Fault) in
            try key.encrypt(credentials)
        }
        guard let value = try? JSONReader.read(file, limit: file.count) else { throw .credentials }
        self.credentials = Locked(credentials: value, salt: salt)
    }

    /// - Returns: clear, JSON from node id to values; `nil` where the file holds none.
    func unlock(passphrase: String?) throws(VersionFault) -> [UInt8]? {
        guard let credentials else { return nil }
        guard let passphrase, !passphrase.isEmpty else { throw .passphraseNeeded }
        return try Self.cipher(passphrase, credentials.salt) {
            key throws(NodeREDCredentials.Fault) in
            try key.decrypt(credentials.credentials.json)
        }
    }

    private static func cipher(
        _ passphrase: String, _ salt: [UInt8],
        _ use: (NodeREDCredentials) throws(NodeREDCredentials.Fault) -> [UInt8]
    ) throws(VersionFault) -> [UInt8] {
        let key: [UInt8]
        do throws(OpenSSLError) {
            key = try Scrypt.derive(passphrase, salt: salt, costExponent: Locked.costExponent)
        } catch { throw .openSSL(error) }
        do throws(NodeREDCredentials.Fault) {
            return try use(NodeREDCredentials(secret: Hex.encode(key)))
        } catch {
            if case .openSSL(let error) = error { throw .openSSL(error) }
            throw .wrongPassphrase
        }
    }
}

/// The bytes of the file.
extension SnapshotFile {
    package var bytes: [UInt8] { document(digest: digest) }

    /// SHA-256 of the document without its digest, as `document` writes it.
    private var digest: String { Hex.encode(Digest.sha256(document(digest: nil))) }

    private func document(digest: String?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("format", Self.format)
            json.field("name", name)
            json.field("note", note)
            json.field("createdAt", createdAt)
            json.field("flows", flows)
            json.field("credentials", credentials?.credentials)
            json.key("credentialKey")
            if let credentials {
                json.object { json in
                    json.field("derivation", "scrypt")
                    json.field("costExponent", Locked.costExponent)
                    json.field("salt", Hex.encode(credentials.salt))
                }
            } else {
                json.null()
            }
            json.object("modules") { json in
                for module in modules { json.field(module.name, module.version) }
            }
            json.field("environment", environment)
            if let digest { json.field("digest", digest) }
        }
        return json.bytes
    }

    /// - Parameter bytes: such a file, or plain flows: what Node-RED's own export makes.
    package init(reading bytes: [UInt8]) throws(VersionFault) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONReader.read(bytes, limit: Self.largest) } catch {
            throw .invalidFile("The file is no JSON: it \(error.reason.rawValue).")
        }
        if case .array = json {
            self.init(
                name: "", createdAt: nil, flows: try Self.checked(json), modules: [],
                environment: [])
            return
        }
        guard let object = json.object, object["format"]?.string == Self.format else {
            throw .invalidFile(
                "The file is neither a snapshot of Lineside nor a list of Node-RED nodes.")
        }
        do throws(JSONFieldError) {
            self.init(
                name: try object.string("name"), note: try object.optionalString("note") ?? "",
                createdAt: try object.optionalTimestamp("createdAt"),
                flows: object["flows"] ?? .null, modules: [], environment: [])
            let modules = try object.optionalObject("modules") ?? JSONObject()
            self.modules = modules.members.compactMap { name, version in
                version.string.map { NodeModule(name: name, version: $0) }
            }
            environment = (try object.optionalArray("environment") ?? []).compactMap(\.string)
            if let credentials = try object.optionalObject("credentials") {
                let key = try object.optionalObject("credentialKey") ?? JSONObject()
                guard key["derivation"]?.string == "scrypt",
                    key["costExponent"]?.int == Int64(Locked.costExponent),
                    let salt = key["salt"]?.string.flatMap(Hex.decode), salt.count == 16
                else { throw JSONFieldError(field: "credentialKey", reason: "is not known") }
                self.credentials = Locked(credentials: .object(credentials), salt: salt)
            }
        } catch { throw .invalidFile("The file is damaged: \(error.field) \(error.reason).") }
        flows = try Self.checked(flows)
        guard object["digest"]?.string == digest else {
            throw .invalidFile("The file was changed after it was made: its digest is wrong.")
        }
    }

    private static func checked(_ flows: JSONValue) throws(VersionFault) -> JSONValue {
        let nodes = flows.array
        guard let nodes, nodes.allSatisfy({ $0["id"]?.string != nil && $0["type"]?.string != nil })
        else { throw .invalidFile("The file's flows are not a list of nodes with id and type.") }
        return flows
    }
}
