import Basics
import Crypto
package import Domain
import Store

/// Letting a device in that proves something.
extension EnrolmentDesk {
    /// - Parameters:
    ///   - bearer: `<token>.<proof>`
    ///   - request: PKCS #10, DER.
    package func enrol(
        bearer: String, request: [UInt8], facts: EnrolmentFacts, _ visit: Visit
    ) async throws(Fault) -> Outcome {
        let judged = try await judged(request, visit)
        if let site = visit.site, site != surroundings.site {
            throw await refused(.foreign, nil, visit)
        }
        guard let (id, proof) = EnrolmentProof.read(bearer: bearer) else {
            throw await refused(.unknown, nil, visit)
        }
        let found = try await store { () async throws(StoreError) in
            try await stores.enrolmentTokens.find(id)
        }
        guard let (token, sealed) = found, token.kind.isOurs else {
            throw await refused(.unknown, nil, visit)
        }
        let keys = try await keys(of: token, sealed, visit)
        let expected = EnrolmentProof.enrol(
            key: Array(keys.prefix(32)), exporter: visit.exporter ?? [], request: judged.der)
        guard visit.exporter != nil, Secrecy.equal(expected, proof) else {
            throw await refused(seen.contains(proof) ? .replayed : .tampered, token, visit)
        }
        remember(proof)
        let asked = EnrolmentStore.Asked(
            token: id, team: token.teamID, digest: Hex.encode(Digest.sha256(judged.der)),
            request: judged.der, fingerprint: EnrolmentProof.fingerprint(of: judged),
            facts: facts, address: visit.address)
        return try await settle(asked, token, visit)
    }

    /// The proof holds: has this key been here before, may it come in, or has somebody to look?
    private func settle(
        _ asked: EnrolmentStore.Asked, _ token: EnrolmentToken, _ visit: Visit
    ) async throws(Fault) -> Outcome {
        let former = try await store { () async throws(StoreError) in
            try await stores.enrolments.find(token: token.id, digest: asked.digest)
        }
        switch former?.state {
        case .issued:
            // An answer that got lost is given again, to the same key and to nobody else.
            if let former, let answer = try await answerAgain(former) { return .issued(answer) }
            throw await refused(.used, token, visit)
        case .refused:
            throw await refused(.refused("Somebody said no to this device."), token, visit)
        case .pending, nil: break
        }
        if let refusal = token.refusal(at: surroundings.clock()) {
            throw await refused(refusal, token, visit)
        }
        if let what = token.expectation.mismatch(asked.facts) {
            throw await refused(
                .refused("The bundle is for a device with another \(what)."), token, visit)
        }
        if token.isConfirmed {
            let refusal = try await store { () async throws(StoreError) in
                try await stores.enrolments.wait(asked, by: visit.actor)
            }
            if let refusal { throw await refused(refusal, token, visit) }
            surroundings.changed()
            return .waiting(fingerprint: asked.fingerprint)
        }
        return .issued(try await issue(asked, token, visit, by: visit.actor))
    }

    /// Signs, then writes down.
    private func issue(
        _ asked: EnrolmentStore.Asked, _ token: EnrolmentToken, _ visit: Visit, by actor: Actor,
        decider: String? = nil
    ) async throws(Fault) -> EnrolmentAnswer {
        let place = try place(
            asked, team: token.teamID, application: token.applicationID, group: token.groupID,
            device: token.deviceID, name: token.deviceName)
        switch try await issue(asked, at: place, by: actor, decider: decider) {
        case .done(let device, let enrolment, _): return try await answer(device, enrolment)
        case .refused(let refusal): throw await refused(refusal, token, visit)
        }
    }

    func issue(
        _ asked: EnrolmentStore.Asked, at place: EnrolmentStore.Place, by actor: Actor,
        decider: String? = nil
    ) async throws(Fault) -> EnrolmentStore.Outcome {
        let id: Device.ID =
            switch place {
            case .new(let draft): draft.id
            case .known(let id, _): id
            }
        let certificate = try await sign(asked.request, for: id)
        let outcome = try await store { () async throws(StoreError) in
            try await stores.enrolments.issue(
                asked, at: place, certificate, by: actor, decider: decider)
        }
        if case .done(let device, let enrolment, let lockedOut) = outcome,
            enrolment.serial == certificate.serial
        {
            var certificate = certificate
            certificate.deviceID = device.id
            signer.admit(certificate, team: device.teamID)
            if let lockedOut { await observer.ended([lockedOut]) }
            await observer.admitted([device.id])
            await observer.desiredChanged([device.id])
            surroundings.changed()
            log.notice("“\(device.name)” is let in with key \(enrolment.fingerprint)")
        }
        return outcome
    }

    func sign(
        _ request: [UInt8], for device: Device.ID
    ) async throws(Fault) -> DeviceCertificate {
        let days = try await policy().certificateDays
        do throws(SignerFault) {
            return try await signer.sign(request, for: device, days: days)
        } catch { throw .signer(error) }
    }

    func place(
        _ asked: EnrolmentStore.Asked, team: Team.ID, application: Application.ID?,
        group: DeviceGroup.ID?, device: Device.ID?, name: DeviceName?
    ) throws(Fault) -> EnrolmentStore.Place {
        if let device, stores.lockout.contains(device) {
            throw .refusal(Self.deviceRevoked)
        }
        let id = device ?? Device.ID.random()
        let secrets: DeviceSecrets
        do throws(OpenSSLError) { secrets = try sealer.newSecrets(for: id) } catch {
            throw .sealing
        }
        if let device { return .known(device, fresh: secrets.credentialSecret) }
        let own = asked.facts.name.flatMap { try? DeviceName(validating: $0) }
        return .new(
            DeviceStore.Draft(
                id: id, team: team, application: application, group: group,
                name: name ?? own ?? DeviceName(stored: "Device \(asked.fingerprint.prefix(9))"),
                type: asked.facts.model ?? "", agent: .lineside, secrets: secrets))
    }
}
