package import Domain
package import Site
package import Store

/// Where nobody listens to devices.
package struct NoDeviceReports: DeviceReports {
    package init() {}
    package func facts(
        of devices: [Device.ID]
    ) async throws(StoreError) -> [Device.ID: DeviceFacts] { [:] }
}
