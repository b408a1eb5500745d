import Basics
import Crypto
import Domain
import Store

/// What a device is told that is let in.
extension EnrolmentDesk {
    func answer(
        _ device: Device, _ enrolment: Enrolment
    ) async throws(Fault) -> EnrolmentAnswer {
        let serial = enrolment.serial ?? ""
        let certificate = try await store { () async throws(StoreError) in
            try await stores.certificates.find(serial: serial)
        }
        guard let certificate else { throw .store(.notFound("The certificate")) }
        return try await answer(device, certificate)
    }

    func answer(
        _ device: Device, _ certificate: DeviceCertificate
    ) async throws(Fault) -> EnrolmentAnswer {
        let secrets = try await store { () async throws(StoreError) in
            try await stores.devices.secrets(of: device.id)
        }
        guard
            let secret = try? sealer.openText(
                secrets.credentialSecret, context: SecretContext.credentialSecret)
        else { throw .sealing }
        return EnrolmentAnswer(
            device: .init(id: device.id, name: device.name.text, team: device.teamID),
            certificate: certificate.pem, authorities: surroundings.authorities(),
            revoked: signer.listPEM, time: surroundings.clock(), servers: surroundings.urls(),
            credentialSecret: secret)
    }

    /// `nil` where the certificate is not good any more or its device is gone.
    func answerAgain(_ enrolment: Enrolment) async throws(Fault) -> EnrolmentAnswer? {
        guard let serial = enrolment.serial, let id = enrolment.deviceID else { return nil }
        let certificate = try await store { () async throws(StoreError) in
            try await stores.certificates.find(serial: serial)
        }
        guard let certificate, certificate.revokedAt == nil, certificate.deviceID == id else {
            return nil
        }
        let device = try await store { () async throws(StoreError) in
            try await stores.devices.get(id)
        }
        return try await answer(device, certificate)
    }
}
