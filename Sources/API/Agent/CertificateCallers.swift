import Basics
package import Domain
package import HTTP
import Net
package import Site
package import Store

/// Devices by the certificate of their connection; everybody else as `next` finds them. Who shows a
/// certificate that is no longer good is nobody, whatever else he sends.
package struct CertificateCallers: CallerSource {
    private let identities: any DeviceIdentities
    private let devices: DeviceStore
    private let next: any CallerSource

    package init(
        identities: any DeviceIdentities, devices: DeviceStore, next: any CallerSource
    ) {
        self.identities = identities
        self.devices = devices
        self.next = next
    }

    package func caller(of request: Request, csrf: String?) async throws(Problem) -> Caller {
        guard let certificate = request.peer.client else {
            return try await next.caller(of: request, csrf: csrf)
        }
        guard let (device, _) = identities.device(certificate: certificate.serial),
            device.text == certificate.commonName
        else { throw .unauthenticated }
        do throws(StoreError) {
            return .device(try await devices.get(device), address: request.peer.address)
        } catch {
            if case .notFound = error { throw .unauthenticated }
            throw Problem(error)
        }
    }
}
