package import Basics

/// A certificate that a device was given for a key of its own.
package struct DeviceCertificate: Sendable, Equatable {
    /// Why it is no longer good.
    package enum Reason: String, Sendable, CaseIterable {
        /// Somebody took it away.
        case revoked
        /// The device came with a newer one.
        case superseded
        /// The device was removed.
        case removed
        /// Its key is in other hands.
        case stolen
    }

    /// Lower-case hexadecimal.
    package var serial: String
    /// `nil` once the device was removed.
    package var deviceID: Device.ID?
    /// SHA-256 of the public key, hexadecimal.
    package var keyDigest: String
    package var pem: String
    package var issuedAt: Timestamp
    /// A backstop: what counts is whether it was revoked.
    package var notAfter: Timestamp
    package var firstSeenAt: Timestamp?
    package var revokedAt: Timestamp?
    package var reason: Reason?

    package init(
        serial: String, deviceID: Device.ID?, keyDigest: String, pem: String,
        issuedAt: Timestamp, notAfter: Timestamp, firstSeenAt: Timestamp? = nil,
        revokedAt: Timestamp? = nil, reason: Reason? = nil
    ) {
        self.serial = serial
        self.deviceID = deviceID
        self.keyDigest = keyDigest
        self.pem = pem
        self.issuedAt = issuedAt
        self.notAfter = notAfter
        self.firstSeenAt = firstSeenAt
        self.revokedAt = revokedAt
        self.reason = reason
    }
}
