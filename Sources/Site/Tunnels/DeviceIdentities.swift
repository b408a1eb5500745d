package import Domain

/// Whose certificates are good at this moment. Kept in memory: asked on the event loop, for each
/// connection of a device.
package protocol DeviceIdentities: Sendable {
    /// `nil` for a serial number (lower-case hexadecimal) that was never given out, that was
    /// revoked, or whose device is gone. Dates are not looked at.
    func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)?
}

/// A device that has shown its certificate.
package struct ProvenDevice: Sendable, Equatable {
    package let device: Device.ID
    package let team: Team.ID
    /// Of the certificate.
    package let serial: String

    package init(device: Device.ID, team: Team.ID, serial: String) {
        self.device = device
        self.team = team
        self.serial = serial
    }

    /// As which it speaks to the broker.
    package var brokerName: String { "device:\(team):\(device)" }
}
