package import Basics
import Domain
import Site

/// `device.yml` of a stock agent.
enum StockFile {
    /// - Parameter url: of the platform, `https://10.0.0.5:8443`.
    static func device(_ credentials: StockEnrolment.Credentials, url: String) -> String {
        """
        deviceId: \(credentials.device.id)
        token: \(credentials.token)
        credentialSecret: \(credentials.credentialSecret)
        forgeURL: \(url)
        brokerURL: \(broker(url))
        brokerUsername: \(credentials.device.brokerName)
        brokerPassword: \(credentials.brokerPassword)

        """
    }

    static func provisioning(
        token: String, team: Team.ID, name: String, url: String
    ) -> String {
        // A JSON text is a YAML text.
        var quoted = JSONWriter()
        quoted.value(name)
        return """
            forgeURL: \(url)
            provisioningName: \(String(decoding: quoted.bytes, as: UTF8.self))
            provisioningTeam: \(team)
            provisioningToken: \(token)

            """
    }

    /// The agent takes protocol, host and port of it; MQTT answers at the platform's own port.
    static func broker(_ url: String) -> String {
        url.hasPrefix("https://") ? "wss://" + url.dropFirst("https://".count) : url
    }
}

package struct StockFileView: APIView {
    let text: String

    package static var schema: Schema {
        .object("DeviceCredentials", [.field("deviceYml", .text)])
    }

    package func write(to json: inout JSONWriter) {
        json.object { $0.field("deviceYml", text) }
    }
}
