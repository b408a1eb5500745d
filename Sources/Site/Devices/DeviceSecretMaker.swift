import Basics
package import Crypto
package import Domain

/// Makes what only the appliance and a device are to know, and the password hashes that Node-RED on
/// a device reads.
package struct DeviceSecretMaker: Sendable {
    package struct Fault: Error, Sendable, Equatable {}

    private let sealer: Sealer
    private let hasher: PasswordHasher

    package init(sealer: Sealer, hasher: PasswordHasher) {
        self.sealer = sealer
        self.hasher = hasher
    }

    package func secrets(for id: Device.ID) throws(Fault) -> DeviceSecrets {
        do throws(OpenSSLError) { return try sealer.newSecrets(for: id) } catch { throw Fault() }
    }

    /// - Parameter password: 8 to 72 bytes without NUL.
    /// - Throws: where too many are being made already.
    package func passwordHash(_ password: String) async throws(Fault) -> String {
        do throws(PasswordHasher.Busy) { return try await hasher.makeBcrypt(password) } catch {
            throw Fault()
        }
    }
}
