import Basics
import Crypto
import Domain

/// The file that FlowFuse exports and imports: `{name, description, flows: {flows, credentials},
/// settings: {settings, env, modules}}`. Credentials are in Node-RED's own scheme under the secret
/// as it is typed in; a hidden variable is `{hidden: true, $: …}` under the same.
enum FlowFuseSnapshot {
    /// Set by the platform that runs the flows, never by people.
    private static let ownVariables = "FF_"

    static func isOne(_ json: JSONValue) -> Bool {
        json["flows"]?["flows"]?.array != nil && json["settings"]?.object != nil
    }

    /// - Parameter json: for which `isOne`.
    static func read(_ json: JSONValue, secret: String?) throws(VersionFault) -> SnapshotContent {
        let settings = json["settings"]?.object ?? JSONObject()
        return try SnapshotContent(
            name: json["name"]?.string ?? "", note: json["description"]?.string ?? "",
            createdAt: json["createdAt"]?.string.flatMap(Timestamp.init(rfc3339:)),
            flows: json["flows"]?["flows"] ?? .null,
            credentials: try credentials(json["flows"]?["credentials"]?.object, secret),
            modules: SnapshotContent.modules(settings["modules"]?.object),
            variables: try variables(settings["env"]?.object ?? JSONObject(), secret))
    }

    private static func credentials(
        _ object: JSONObject?, _ secret: String?
    ) throws(VersionFault) -> JSONObject? {
        guard let object, object["$"] != nil else { return object }
        return try open(object, secret)
    }

    private static func variables(
        _ env: JSONObject, _ secret: String?
    ) throws(VersionFault) -> [SnapshotContent.Variable] {
        var variables: [SnapshotContent.Variable] = []
        for (name, value) in env.members where !name.hasPrefix(ownVariables) {
            if let object = value.object {
                let isSecret = object["hidden"]?.bool ?? false
                var text = object["value"]?.string
                if let sealed = object["$"]?.string {
                    guard let secret, !secret.isEmpty else { throw .passphraseNeeded }
                    guard let clear = try? NodeREDCredentials(secret: secret).decrypt(text: sealed)
                    else { throw .wrongPassphrase }
                    text = clear
                }
                variables.append(.init(name: name, value: text, isSecret: isSecret))
            } else {
                let text =
                    value.string
                    ?? (value.isNull ? nil : String(decoding: value.json, as: UTF8.self))
                // A file of keys only has empty values.
                variables.append(.init(name: name, value: text == "" ? nil : text))
            }
        }
        return variables
    }

    private static func open(
        _ object: JSONObject, _ secret: String?
    ) throws(VersionFault) -> JSONObject {
        guard let secret, !secret.isEmpty else { throw .passphraseNeeded }
        guard let clear = try? NodeREDCredentials(secret: secret).decrypt(object.json),
            let values = try? SnapshotFormat.parse(clear).object
        else { throw .wrongPassphrase }
        return values
    }

    /// - Parameter secret: `nil` leaves credentials and the values of hidden variables out.
    static func write(
        _ content: SnapshotContent, secret: String?
    ) throws(VersionFault) -> [UInt8] {
        let key = secret.map { NodeREDCredentials(secret: $0) }
        var credentials: [UInt8] = Array("{}".utf8)
        var hidden: [String: String] = [:]
        do throws(NodeREDCredentials.Fault) {
            if let key {
                if let clear = content.credentials { credentials = try key.encrypt(clear.json) }
                for variable in content.variables where variable.isSecret {
                    if let value = variable.value {
                        hidden[variable.name] = try key.encrypt(text: value)
                    }
                }
            }
        } catch { throw .credentials }
        let moment = content.createdAt ?? .now()
        var json = JSONWriter()
        json.object { json in
            json.field("id", String(Identifier<Snapshot>.random().text.prefix(10)))
            json.field("name", content.name)
            json.field("description", content.note)
            json.field("createdAt", moment)
            json.field("updatedAt", moment)
            json.field("ownerType", "instance")
            json.object("flows") { json in
                json.field("flows", content.flows)
                json.key("credentials")
                json.raw(credentials)
            }
            json.object("settings") { json in
                json.object("settings") { _ in }
                json.object("env") { json in
                    for variable in content.variables {
                        guard variable.isSecret else {
                            json.field(variable.name, variable.value ?? "")
                            continue
                        }
                        json.object(variable.name) { json in
                            json.field("hidden", true)
                            if let sealed = hidden[variable.name] {
                                json.field("$", sealed)
                            } else {
                                json.field("value", "")
                            }
                        }
                    }
                }
                json.object("modules") { json in
                    for module in content.modules { json.field(module.name, module.version) }
                }
            }
        }
        return json.bytes
    }
}
