package import Domain
package import Site

/// For a site whose fleet is not up: every device keeps what it has.
package struct NoDesiredDocuments: DesiredDocuments {
    package init() {}
    package func document(
        for device: Device.ID
    ) async throws(DeviceContentFault) -> DesiredDocument? { nil }
}
