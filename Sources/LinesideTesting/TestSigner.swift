package import Basics
package import Crypto
package import Domain
package import Site
import Synchronization

/// Signs like the signer process, within the test.
package final class TestSigner: DeviceSigner {
    package typealias Hook = @Sendable () async throws(SignerFault) -> Void

    private struct State {
        var holders: [String: (device: Device.ID, team: Team.ID)] = [:]
        var signed = 0
        var before = Step { () async throws(SignerFault) in }
    }

    /// A closure that is itself what a `Mutex` holds is wrapped again by each look at it.
    private struct Step {
        let run: Hook
        init(_ run: @escaping Hook) { self.run = run }
    }

    package let issuer: Issuer
    private let notAfter: Timestamp
    private let state = Mutex(State())

    package init(notAfter: Timestamp = CertificateFixtures.notAfter) throws(OpenSSLError) {
        issuer = try CertificateFixtures().issuer
        self.notAfter = notAfter
    }

    /// Happens once the certificate is signed and before anybody has it.
    package func whenSigned(_ hook: @escaping Hook) { state.withLock { $0.before = Step(hook) } }

    package var signedCount: Int { state.withLock { $0.signed } }

    package func sign(
        _ request: [UInt8], for device: Device.ID, days: Int
    ) async throws(SignerFault) -> DeviceCertificate {
        let certificate: DeviceCertificate
        do throws(OpenSSLError) {
            let made = try issuer.issueClient(
                try CertificateRequest(der: request), subject: device.text, notAfter: notAfter)
            certificate = DeviceCertificate(
                serial: made.serial, deviceID: device,
                keyDigest: Hex.encode(made.publicKeyDigest), pem: try made.pem(),
                issuedAt: .now(), notAfter: made.notAfter)
        } catch { throw .refused("\(error.reason)") }
        let step = state.withLock { state in
            state.signed += 1
            return state.before
        }
        try await step.run()
        return certificate
    }

    package func admit(_ certificate: DeviceCertificate, team: Team.ID) {
        guard let device = certificate.deviceID else { return }
        state.withLock { $0.holders[certificate.serial] = (device, team) }
    }

    package func forget(_ serials: [String]) {
        state.withLock { state in for serial in serials { state.holders[serial] = nil } }
    }

    package func forget(of device: Device.ID) {
        state.withLock { state in
            state.holders = state.holders.filter { $0.value.device != device }
        }
    }

    package func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)? {
        state.withLock { $0.holders[serial] }
    }

    package var listPEM: String { "" }
}
