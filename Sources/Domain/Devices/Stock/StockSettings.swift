import Basics

/// The answer to `live/settings`.
package struct StockSettings: Sendable, Equatable {
    package struct Palette: Sendable, Equatable {
        /// Text of `.npmrc`.
        package var npmrc: String
        package var catalogues: [String]
        package init(npmrc: String, catalogues: [String]) {
            self.npmrc = npmrc
            self.catalogues = catalogues
        }
    }

    /// Flat, in clear: it overrides that of the snapshot.
    package var environment: [String: String]
    package var nodeREDVersion: String?
    package var localLogin: DeviceSettings.Login?
    package var httpAuth: DeviceSettings.Login?
    /// As which the agent's MQTT nodes come to the broker.
    package var brokerName: String

    package init(
        environment: [String: String], nodeREDVersion: String?,
        localLogin: DeviceSettings.Login?, httpAuth: DeviceSettings.Login?, brokerName: String
    ) {
        self.environment = environment
        self.nodeREDVersion = nodeREDVersion
        self.localLogin = localLogin
        self.httpAuth = httpAuth
        self.brokerName = brokerName
    }

    /// - Parameters:
    ///   - hash: of these settings; the agent only compares it.
    ///   - palette: agents of 4.0 and 4.1 crash without the field, so that it is always there.
    package func json(hash: String, palette: Palette?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("hash", hash)
            write(to: &json, palette: palette)
        }
        return json.bytes
    }

    /// What the hash is made of. Where the agent finds us is no part of it: that is the way it
    /// came.
    package var hashed: [UInt8] {
        var json = JSONWriter()
        json.object { json in write(to: &json, palette: nil) }
        return json.bytes
    }

    private func write(to json: inout JSONWriter, palette: Palette?) {
        json.object("env") { json in
            for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
                json.field(name, value)
            }
        }
        json.object("features") { json in
            json.field("shared-library", true)
            json.field("projectComms", true)
            json.field("teamBroker", true)
            json.field("tables", false)
        }
        json.object("assistant") { json in
            json.field("enabled", false)
            json.field("requestTimeout", 60_000)
            json.object("mcp") { $0.field("enabled", false) }
            json.object("completions") { json in
                json.field("enabled", false)
                json.field("inlineEnabled", false)
            }
        }
        json.object("mqttNodes") { json in
            json.field("enabled", true)
            json.field("username", brokerName)
            json.field("linked", true)
        }
        json.object("palette") { json in
            guard let palette else { return }
            json.field("npmrc", palette.npmrc)
            json.field("catalogues", palette.catalogues)
        }
        json.object("editor") { json in
            if let nodeREDVersion { json.field("nodeRedVersion", nodeREDVersion) }
            json.field("apiMaxLength", "5mb")
        }
        json.object("security") { json in
            if let localLogin {
                json.object("localAuth") { json in
                    json.field("enabled", true)
                    json.field("user", localLogin.name)
                    json.field("pass", localLogin.passwordHash)
                }
            }
            if let httpAuth {
                json.object("httpNodeAuth") { json in
                    json.field("type", "basic")
                    json.field("user", httpAuth.name)
                    json.field("pass", httpAuth.passwordHash)
                }
            }
        }
        json.field("codeEditor", "monaco")
    }
}
