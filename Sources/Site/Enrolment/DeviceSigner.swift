package import Domain
import Store

/// Who signs for devices, and knows which of their certificates are good.
package protocol DeviceSigner: Sendable {
    /// What comes back opens nothing before it is in the registry and was let in.
    /// - Parameter request: PKCS #10, DER.
    func sign(
        _ request: [UInt8], for device: Device.ID, days: Int
    ) async throws(SignerFault) -> DeviceCertificate
    /// After the commit.
    func admit(_ certificate: DeviceCertificate, team: Team.ID)
    /// Serial numbers that were taken away: after the commit.
    func forget(_ serials: [String])
    /// All of a device, whatever the registry says: what it has open ends.
    func forget(of device: Device.ID)
    func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)?
    /// The list of revoked certificates.
    var listPEM: String { get }
}

extension DeviceCertificates: DeviceSigner {}
