import Basics
import Crypto
import Domain

/// A snapshot as one file in our own format: readable without us, for carrying from one site to
/// another. Credentials and secret variables are in it only under a passphrase.
struct SnapshotFile: Sendable, Equatable {
    static let format = "lineside-snapshot/1"

    /// In clear, without what only the passphrase opens.
    private var content: SnapshotContent
    private var locked: Locked?

    /// Node-RED's own format of encrypted credentials. Its secret is the hexadecimal text of what
    /// scrypt makes of the passphrase, because Node-RED itself would use the passphrase as it is.
    private struct Locked: Sendable, Equatable {
        var credentials: JSONObject?
        var variables: JSONObject?
        var salt: [UInt8]
        static let costExponent = 15
    }

    /// - Parameter passphrase: `nil` leaves out what it would lock.
    init(_ content: SnapshotContent, passphrase: String?) throws(VersionFault) {
        let secrets = content.variables.filter(\.isSecret)
        self.content = content
        self.content.credentials = nil
        for index in self.content.variables.indices where content.variables[index].isSecret {
            self.content.variables[index].value = nil
        }
        guard let passphrase else { return }
        let values = JSONObject(
            secrets.compactMap { variable in
                variable.value.map { (variable.name, .string($0)) }
            })
        guard content.credentials != nil || !values.members.isEmpty else { return }
        let salt = Randomness.bytes(16)
        let key = try Self.key(passphrase, salt)
        locked = Locked(
            credentials: try content.credentials.map { (clear) throws(VersionFault) in
                try Self.lock(clear, key)
            }, variables: values.members.isEmpty ? nil : try Self.lock(values, key), salt: salt)
    }

    /// - Throws: `.passphraseNeeded`, `.wrongPassphrase`.
    func open(passphrase: String?) throws(VersionFault) -> SnapshotContent {
        guard let locked else { return content }
        guard let passphrase, !passphrase.isEmpty else { throw .passphraseNeeded }
        let key = try Self.key(passphrase, locked.salt)
        var content = content
        if let credentials = locked.credentials {
            content.credentials = try Self.unlock(credentials, key)
        }
        if let variables = locked.variables {
            let values = try Self.unlock(variables, key)
            for index in content.variables.indices {
                guard let value = values[content.variables[index].name]?.string else { continue }
                content.variables[index].value = value
                content.variables[index].isSecret = true
            }
        }
        return content
    }

    private static func key(
        _ passphrase: String, _ salt: [UInt8]
    ) throws(VersionFault) -> NodeREDCredentials {
        do throws(OpenSSLError) {
            return NodeREDCredentials(
                secret: Hex.encode(
                    try Scrypt.derive(passphrase, salt: salt, costExponent: Locked.costExponent)))
        } catch { throw .openSSL(error) }
    }

    private static func lock(
        _ clear: JSONObject, _ key: NodeREDCredentials
    ) throws(VersionFault) -> JSONObject {
        guard let file = try? key.encrypt(clear.json),
            let object = try? JSONReader.read(file, limit: file.count).object
        else { throw .credentials }
        return object
    }

    private static func unlock(
        _ locked: JSONObject, _ key: NodeREDCredentials
    ) throws(VersionFault) -> JSONObject {
        guard let clear = try? key.decrypt(locked.json),
            let object = try? SnapshotFormat.parse(clear).object
        else { throw .wrongPassphrase }
        return object
    }
}

/// The bytes of the file.
extension SnapshotFile {
    var bytes: [UInt8] { document(digest: digest) }

    /// SHA-256 of the document without its digest, as `document` writes it.
    private var digest: String { Hex.encode(Digest.sha256(document(digest: nil))) }

    private func document(digest: String?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("format", Self.format)
            json.field("name", content.name)
            json.field("note", content.note)
            json.field("createdAt", content.createdAt)
            json.field("flows", content.flows)
            json.field("credentials", locked?.credentials)
            json.key("credentialKey")
            if let locked {
                json.object { json in
                    json.field("derivation", "scrypt")
                    json.field("costExponent", Locked.costExponent)
                    json.field("salt", Hex.encode(locked.salt))
                }
            } else {
                json.null()
            }
            json.object("modules") { json in
                for module in content.modules { json.field(module.name, module.version) }
            }
            json.field("environment", content.variables.map(\.name))
            let known = content.variables.filter { !$0.isSecret && $0.value != nil }
            if !known.isEmpty {
                json.object("variables") { json in
                    for variable in known { json.field(variable.name, variable.value) }
                }
            }
            if let variables = locked?.variables { json.field("secretVariables", variables) }
            if let digest { json.field("digest", digest) }
        }
        return json.bytes
    }

    static func isOne(_ json: JSONValue) -> Bool { json["format"]?.string == format }

    /// - Parameter json: for which `isOne`.
    init(reading json: JSONValue) throws(VersionFault) {
        let object = json.object ?? JSONObject()
        content = try SnapshotContent(flows: object["flows"] ?? .null)
        do throws(JSONFieldError) {
            content.name = try object.string("name")
            content.note = try object.optionalString("note") ?? ""
            content.createdAt = try object.optionalTimestamp("createdAt")
            content.modules = SnapshotContent.modules(try object.optionalObject("modules"))
            content.variables = try Self.variables(object)
            locked = try Self.locked(object)
        } catch { throw .invalidFile("The file is damaged: \(error.field) \(error.reason).") }
        try content.check()
        guard object["digest"]?.string == digest else {
            throw .invalidFile("The file was changed after it was made: its digest is wrong.")
        }
    }

    private static func variables(
        _ object: JSONObject
    ) throws(JSONFieldError) -> [SnapshotContent.Variable] {
        let values = try object.optionalObject("variables") ?? JSONObject()
        return (try object.optionalArray("environment") ?? []).compactMap(\.string).map { name in
            SnapshotContent.Variable(name: name, value: values[name]?.string)
        }
    }

    private static func locked(_ object: JSONObject) throws(JSONFieldError) -> Locked? {
        let credentials = try object.optionalObject("credentials")
        let variables = try object.optionalObject("secretVariables")
        guard credentials != nil || variables != nil else { return nil }
        let key = try object.optionalObject("credentialKey") ?? JSONObject()
        guard key["derivation"]?.string == "scrypt",
            key["costExponent"]?.int == Int64(Locked.costExponent),
            let salt = key["salt"]?.string.flatMap(Hex.decode), salt.count == 16
        else { throw JSONFieldError(field: "credentialKey", reason: "is not known") }
        return Locked(credentials: credentials, variables: variables, salt: salt)
    }
}
