package import Domain

/// Says what a device shall be, and writes down nothing.
package protocol DesiredDocuments: Sendable {
    /// - Returns: `nil` for a device that is not known here, or whose agent is of another kind.
    func document(for device: Device.ID) async throws(DeviceContentFault) -> DesiredDocument?
}
