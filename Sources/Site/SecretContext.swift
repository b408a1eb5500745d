import Basics
package import Crypto
package import Domain

/// What a sealed secret is and whose (`Sealer.seal(_:context:)`), in one place: who seals and who
/// opens must say the same. What is sealed is the UTF-8 of the secret's text.
package enum SecretContext {
    /// Of instances and of snapshots alike: a snapshot keeps the sealed bytes of an instance that
    /// may be gone, so that no instance is named here.
    package static let credentialSecret = "credential-secret"

    package static func pageSecret(_ instance: Instance.ID) -> String {
        "page-secret/\(instance)"
    }

    package static func devicePageSecret(_ device: Device.ID) -> String {
        "device-page-secret/\(device)"
    }

    /// All variables of a device together.
    package static func deviceEnvironment(_ device: Device.ID) -> String {
        "device-environment/\(device)"
    }

    /// The keys that check what a device proves.
    package static func enrolment(_ token: EnrolmentToken.ID) -> String {
        "enrolment/\(token)"
    }

    package static func variables(_ snapshot: Snapshot.ID) -> String {
        "snapshot-variables/\(snapshot)"
    }

    package static func environment(_ instance: Instance.ID, _ name: String) -> String {
        "environment/\(instance)/\(name)"
    }
}

extension Sealer {
    package func seal(text: String, context: String) throws(OpenSSLError) -> [UInt8] {
        try seal(Array(text.utf8), context: context)
    }

    package func openText(_ sealed: [UInt8], context: String) throws(Sealer.Fault) -> String {
        String(decoding: try open(sealed, context: context), as: UTF8.self)
    }

    /// New secrets for an instance: 64 hexadecimal digits for its credentials, 43 letters of
    /// base64url for its page side.
    package func newSecrets(for id: Instance.ID) throws(OpenSSLError) -> InstanceSecrets {
        InstanceSecrets(
            credentialSecret: try seal(
                text: Hex.encode(Randomness.bytes(32)), context: SecretContext.credentialSecret),
            pageSecret: try seal(
                text: Randomness.secret(), context: SecretContext.pageSecret(id)))
    }

    /// New secrets for a device, of the same make.
    package func newSecrets(for id: Device.ID) throws(OpenSSLError) -> DeviceSecrets {
        DeviceSecrets(
            credentialSecret: try seal(
                text: Hex.encode(Randomness.bytes(32)), context: SecretContext.credentialSecret),
            pageSecret: try seal(
                text: Randomness.secret(), context: SecretContext.devicePageSecret(id)))
    }
}
