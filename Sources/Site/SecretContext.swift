package import Domain

/// What a sealed secret is and whose (`Sealer.seal(_:context:)`), in one place: who seals and who
/// opens must say the same.
package enum SecretContext {
    /// Of instances and of snapshots alike: a snapshot keeps the sealed bytes of an instance that
    /// may be gone, so that no instance is named here.
    package static let credentialSecret = "credential-secret"

    package static func pageSecret(_ instance: Instance.ID) -> String {
        "page-secret/\(instance)"
    }

    package static func environment(_ instance: Instance.ID, _ name: String) -> String {
        "environment/\(instance)/\(name)"
    }
}
