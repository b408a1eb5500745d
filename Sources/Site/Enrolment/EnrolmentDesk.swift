package import Basics
package import Crypto
package import Domain
package import Store

/// Lets devices in: looks at what they prove, has their certificate signed, and writes everything
/// down in one transaction. Nothing that was signed counts before it is written down, so that a
/// power cut in between costs a device one more question and nothing else.
package actor EnrolmentDesk {
    /// What the desk knows of its own site.
    package struct Surroundings: Sendable {
        /// How bundles name the site.
        package var site: String
        /// Signs bundles.
        package var key: SigningKey
        /// PEM of whom devices trust.
        package var authorities: @Sendable () -> String
        /// SHA-256 of the authority's public key.
        package var pin: [UInt8]
        /// `https://10.0.0.5:8443`, the best first.
        package var urls: @Sendable () -> [String]
        package var clock: @Sendable () -> Timestamp
        /// Called when a request or what lets devices in is another than before.
        package var changed: @Sendable () -> Void

        package init(
            site: String, key: SigningKey, authorities: @escaping @Sendable () -> String,
            pin: [UInt8], urls: @escaping @Sendable () -> [String],
            clock: @escaping @Sendable () -> Timestamp = Timestamp.now,
            changed: @escaping @Sendable () -> Void = {}
        ) {
            self.site = site
            self.key = key
            self.authorities = authorities
            self.pin = pin
            self.urls = urls
            self.clock = clock
            self.changed = changed
        }
    }

    /// Who knocks.
    package struct Visit: Sendable {
        package var address: String
        /// Of the TLS connection; `nil` without TLS.
        package var exporter: [UInt8]?
        /// The site that its bundle names, if it says so.
        package var site: String?

        package init(address: String, exporter: [UInt8]?, site: String? = nil) {
            self.address = address
            self.exporter = exporter
            self.site = site
        }
    }

    package enum Outcome: Sendable {
        case issued(EnrolmentAnswer)
        /// Somebody is to compare this.
        case waiting(fingerprint: String)
    }

    package enum Fault: Error, Sendable, Equatable {
        case refusal(EnrolmentRefusal)
        /// The request is larger than `EnrolmentTerms.maximumRequestSize`.
        case tooLarge
        /// It is no request that we certify; a sentence that says why.
        case malformed(String)
        case signer(SignerFault)
        case store(StoreError)
        /// A secret could not be sealed or opened.
        case sealing
        /// A revocation that holds, and that the registry does not have.
        case unwritten(RevocationKeeper.Failure)
    }

    /// Proofs that were good, so that one that comes again on another connection is called what it
    /// is. Nothing depends on it, so it need not survive a restart: a proof is made over the keying
    /// material of its connection (RFC 9266), which holds random numbers of both ends, so that no
    /// other connection, nor one that goes on with its session, ever has it again.
    private static let remembered = 4_096

    let stores: Stores
    let sealer: Sealer
    let signer: any DeviceSigner
    let surroundings: Surroundings
    let observer: any DeviceObserver
    private let strangers: StrangerJournal
    let revocations: RevocationKeeper
    private var limiter = EnrolmentLimiter()
    private var seen: Set<[UInt8]> = []
    private var order: [[UInt8]] = []
    private let log = Log("enrolment")

    /// - Parameter strangers: of the whole site.
    package init(
        stores: Stores, sealer: Sealer, signer: any DeviceSigner, surroundings: Surroundings,
        observer: any DeviceObserver, strangers: StrangerJournal, revocations: RevocationKeeper
    ) {
        self.strangers = strangers
        self.revocations = revocations
        self.stores = stores
        self.sealer = sealer
        self.signer = signer
        self.surroundings = surroundings
        self.observer = observer
    }

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
            throw .refusal(.refused("It was revoked."))
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

    func store<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(Fault) -> Value {
        do throws(StoreError) { return try await body() } catch { throw .store(error) }
    }
}

/// What a device is told, and what is written down about those that are told no.
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
    private func answerAgain(_ enrolment: Enrolment) async throws(Fault) -> EnrolmentAnswer? {
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

    func judged(
        _ request: [UInt8], _ visit: Visit
    ) async throws(Fault) -> CertificateRequest {
        do throws(RequestFault) { return try CertificateRequest.judged(request) } catch {
            try await mustNotWait(visit)
            await record("malformed", error.description, nil, visit)
            throw Fault(error)
        }
    }

    /// Writes it down and counts it against the address. Who has failed too often from there is
    /// not told why he failed again.
    func refused(
        _ refusal: EnrolmentRefusal, _ token: EnrolmentToken?, _ visit: Visit
    ) async -> Fault {
        do throws(Fault) { try await mustNotWait(visit) } catch { return error }
        await record(refusal.word, refusal.sentence, token, visit)
        return .refusal(refusal)
    }

    /// Counts a failure.
    private func mustNotWait(_ visit: Visit) async throws(Fault) {
        guard let (seconds, isNews) = limiter.failed(visit.address, at: .now) else { return }
        let refusal = EnrolmentRefusal.tooMany(seconds: seconds)
        if isNews { await record(refusal.word, refusal.sentence, nil, visit) }
        throw .refusal(refusal)
    }

    private func record(
        _ word: String, _ sentence: String, _ token: EnrolmentToken?, _ visit: Visit
    ) async {
        let event = AuditEvent(
            kind: "enrolment.\(word)", object: token?.reference, teamID: token?.teamID,
            text: "A device at \(visit.address) was not let in: \(sentence)")
        guard token != nil else { return await strangers.note(event, word, by: visit.actor) }
        do throws(StoreError) { try await stores.audit.record(event, by: visit.actor) } catch {
            log.error("an attempt to enrol was not recorded: \(error)")
        }
    }

    /// - Throws: also for a token that is over for so long that its keys were forgotten.
    func keys(
        of token: EnrolmentToken, _ sealed: [UInt8], _ visit: Visit
    ) async throws(Fault) -> [UInt8] {
        guard token.revokedAt == nil, !isLockedOut(token) else {
            throw await refused(.refused("It was withdrawn."), token, visit)
        }
        guard sealed.isEmpty else { return try open(sealed, of: token.id) }
        throw await refused(token.refusal(at: surroundings.clock()) ?? .unknown, token, visit)
    }

    /// What is for a device goes with what the device comes in by.
    private func isLockedOut(_ token: EnrolmentToken) -> Bool {
        token.deviceID.map(stores.lockout.contains) ?? false
    }

    private func remember(_ proof: [UInt8]) {
        guard seen.insert(proof).inserted else { return }
        order.append(proof)
        if order.count > Self.remembered { seen.remove(order.removeFirst()) }
    }

    func open(_ sealed: [UInt8], of token: EnrolmentToken.ID) throws(Fault) -> [UInt8] {
        guard let keys = try? sealer.open(sealed, context: SecretContext.enrolment(token)),
            keys.count >= 32
        else { throw .sealing }
        return keys
    }
}

extension EnrolmentDesk.Fault {
    init(_ fault: RequestFault) {
        self = fault == .tooLarge ? .tooLarge : .malformed(fault.description)
    }
}

extension EnrolmentDesk.Visit {
    package var actor: Actor { Actor(.nobody, address: address) }
}
