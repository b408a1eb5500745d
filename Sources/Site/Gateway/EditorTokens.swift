package import Basics
package import Crypto
package import Domain

/// Signs what lets a request into one Node-RED's admin side for a minute at most. Node-RED holds
/// only the public key, so a flow that reads its settings can forge nothing.
package struct EditorTokens: Sendable {
    package enum Rights: String, Sendable {
        case read
        case full = "*"
    }

    /// 45 s: below the 60 s that Node-RED accepts, so that clocks need not agree to the second.
    private static let life = Duration.seconds(45)

    private let key: SigningKey

    package init(key: SigningKey) { self.key = key }

    /// - Parameter user: shown by the editor and written beside each deploy.
    package func sign(
        for instance: Instance.ID, user: String, rights: Rights, at now: Timestamp = .now()
    ) throws(OpenSSLError) -> String {
        try sign(for: instance.text, user: user, rights: rights, at: now)
    }

    /// - Parameter audience: the id of the instance or device whose Node-RED takes it.
    package func sign(
        for audience: String, user: String, rights: Rights, at now: Timestamp = .now()
    ) throws(OpenSSLError) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("aud", audience)
            json.field("sub", user)
            json.field("perm", rights.rawValue)
            json.field("exp", (now + Self.life).milliseconds / 1000)
        }
        let body = Base64URL.encode(json.bytes)
        return "\(body).\(Base64URL.encode(try key.sign(Array(body.utf8))))"
    }
}
