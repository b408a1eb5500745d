package import Crypto
package import Domain

/// Hashes the password of an instance's pages.
package struct PageBasicMaker: Sendable {
    private let hasher: PasswordHasher

    package init(hasher: PasswordHasher) { self.hasher = hasher }

    /// - Throws: `PasswordHasher.Busy` when too many passwords are being hashed at once.
    package func make(
        name: String, password: String
    ) async throws(PasswordHasher.Busy) -> InstanceSettings.PageBasic {
        InstanceSettings.PageBasic(
            name: name, passwordHash: try await hasher.make(password))
    }
}
