import Basics
import Crypto
package import Domain
import Store

/// What the site says about certificates of devices.
package struct EnrolmentPolicy: Sendable, Equatable {
    /// Days. A backstop only: what counts is whether it was revoked.
    package static let certificateDaysLimits = 30...3_650
    package static let graceDaysLimits = 0...3_650

    package var certificateDays = 730
    /// How long after its end a certificate that was not revoked still gets its device a new one.
    package var graceDays = 365

    package init() {}
}

extension EnrolmentDesk {
    private static let daysKey = "enrolment.certificate-days"
    private static let graceKey = "enrolment.grace-days"
    /// Certificates that a device was given and never showed: more are a device that loses its key
    /// at each start.
    private static let unseenLimit = 8

    package func policy() async throws(Fault) -> EnrolmentPolicy {
        let (days, grace) = try await store { () async throws(StoreError) in
            (
                try await stores.settings.value(Self.daysKey),
                try await stores.settings.value(Self.graceKey)
            )
        }
        var policy = EnrolmentPolicy()
        if let days = days.flatMap({ Int($0) }) { policy.certificateDays = days }
        if let grace = grace.flatMap({ Int($0) }) { policy.graceDays = grace }
        return policy
    }

    package func setPolicy(_ policy: EnrolmentPolicy, by actor: Actor) async throws(Fault) {
        let former = try await self.policy()
        var changes = AuditChanges()
        changes.compare("certificateDays", former.certificateDays, policy.certificateDays)
        changes.compare("graceDays", former.graceDays, policy.graceDays)
        guard !changes.isEmpty else { return }
        let list = changes
        try await store { () async throws(StoreError) in
            try await stores.settings.setValues(
                [
                    (Self.daysKey, String(policy.certificateDays)),
                    (Self.graceKey, String(policy.graceDays)),
                ], .changed(.site, list), by: actor)
        }
    }

    /// A new certificate for a device that shows a good one: both are good until the new one was
    /// seen. The same request gets the same certificate again.
    /// - Parameter serial: of the certificate that the connection proved.
    package func renew(
        serial: String, request: [UInt8], _ visit: Visit
    ) async throws(Fault) -> EnrolmentAnswer {
        let judged = try await judged(request, visit)
        guard let (id, _) = signer.device(certificate: serial) else {
            throw await refused(
                .refused("The certificate is not, or no longer, one of this site."), nil, visit)
        }
        let (device, list) = try await store { () async throws(StoreError) in
            (try await stores.devices.get(id), try await stores.certificates.list(of: id))
        }
        let live = list.filter { $0.revokedAt == nil }
        guard let shown = live.first(where: { $0.serial == serial }) else {
            throw await refused(.refused("The certificate was revoked."), nil, visit)
        }
        let grace = Duration.seconds(try await policy().graceDays * 86_400)
        guard surroundings.clock() <= shown.notAfter + grace else {
            throw await refused(.expired, nil, visit)
        }
        let digest = Hex.encode(judged.publicKeyDigest)
        if let given = live.first(where: { $0.keyDigest == digest }) {
            guard given.serial != serial else {
                throw await refused(.refused("A renewal needs a new key."), nil, visit)
            }
            return try await answer(device, given)
        }
        guard live.count(where: { $0.firstSeenAt == nil }) < Self.unseenLimit else {
            throw .refusal(.tooMany(seconds: 3_600))
        }
        let certificate = try await sign(judged.der, for: id)
        try await store { () async throws(StoreError) in
            try await stores.enrolments.renew(
                certificate, by: .device(device, address: visit.address))
        }
        signer.admit(certificate, team: device.teamID)
        return try await answer(device, certificate)
    }

    /// Takes everything away by which a device comes in; what it has open ends at once.
    /// - Throws: `.unwritten`: it is out all the same.
    package func revoke(_ id: Device.ID, by actor: Actor) async throws(Fault) -> Device {
        do throws(RevocationKeeper.Fault) {
            return try await revocations.revoke(id, by: actor)
        } catch {
            switch error {
            case .store(let error): throw .store(error)
            case .unwritten(let failure): throw .unwritten(failure)
            }
        }
    }

    package func approve(_ id: Enrolment.ID, by actor: Actor) async throws(Fault) -> Enrolment {
        let enrolment = try await store { () async throws(StoreError) in
            try await stores.enrolments.get(id)
        }
        guard enrolment.state == .pending else {
            throw .store(.conflict("This request has been decided already."))
        }
        guard let tokenID = enrolment.tokenID else { throw .refusal(.unknown) }
        let token = try await store { () async throws(StoreError) in
            try await stores.enrolmentTokens.get(tokenID)
        }
        let asked = EnrolmentStore.Asked(
            token: token.id, team: token.teamID, digest: enrolment.requestDigest,
            request: enrolment.request, fingerprint: enrolment.fingerprint,
            facts: enrolment.facts, address: enrolment.address)
        let place = try place(
            asked, team: token.teamID, application: token.applicationID, group: token.groupID,
            device: token.deviceID, name: token.deviceName)
        switch try await issue(asked, at: place, by: actor, decider: actor.name) {
        case .done(_, let issued, _): return issued
        case .refused(let refusal): throw .refusal(refusal)
        }
    }

    package func refuse(_ id: Enrolment.ID, by actor: Actor) async throws(Fault) -> Enrolment {
        let refused = try await store { () async throws(StoreError) in
            try await stores.enrolments.refuse(id, by: actor)
        }
        surroundings.changed()
        return refused
    }

    /// Where a request that a person carried in is to go.
    package struct Carried: Sendable {
        package var team: Team.ID
        package var application: Application.ID?
        package var group: DeviceGroup.ID?
        /// One of the registry; `nil`: a new one.
        package var device: Device.ID?
        package var name: DeviceName?

        package init(
            team: Team.ID, application: Application.ID?, group: DeviceGroup.ID?,
            device: Device.ID?, name: DeviceName?
        ) {
            self.team = team
            self.application = application
            self.group = group
            self.device = device
            self.name = name
        }
    }

    /// As a person carries it: the stick is lost more easily than the appliance.
    /// - Returns: `nil` where nothing can be sealed to the device's key.
    package static func carried(_ answer: EnrolmentAnswer) -> String? {
        guard let certificate = try? Certificate(pem: answer.certificate) else { return nil }
        return CarriedAnswer(answer).text { secret, bound in
            try? SealedBox.seal(secret, to: certificate, bound: bound)
        }
    }

    /// For a device without any connection. The person who brings its request vouches for it; the
    /// same request gets the same answer again.
    package func answer(
        carried file: EnrolmentRequestFile, to place: Carried, by actor: Actor
    ) async throws(Fault) -> (answer: EnrolmentAnswer, enrolment: Enrolment) {
        let judged: CertificateRequest
        do throws(RequestFault) { judged = try CertificateRequest.judged(file.request) } catch {
            throw Fault(error)
        }
        guard judged.verifies(file.signature, of: file.message) else {
            throw .refusal(.tampered)
        }
        let asked = EnrolmentStore.Asked(
            token: nil, team: place.team, digest: Hex.encode(Digest.sha256(judged.der)),
            request: judged.der, fingerprint: EnrolmentProof.fingerprint(of: judged),
            facts: file.facts, address: nil)
        let former = try await store { () async throws(StoreError) in
            try await stores.enrolments.find(token: nil, digest: asked.digest)
        }
        if let former, former.teamID != place.team { throw .refusal(.used) }
        let target = try self.place(
            asked, team: place.team, application: place.application, group: place.group,
            device: place.device, name: place.name)
        switch try await issue(asked, at: target, by: actor, decider: actor.name) {
        case .done(let device, let enrolment, _):
            return (try await answer(device, enrolment), enrolment)
        case .refused(let refusal): throw .refusal(refusal)
        }
    }
}
