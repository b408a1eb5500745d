import Basics
import Crypto
import Domain
import Store

/// What is looked at before anybody is let in, and what is written down about those that are not.
extension EnrolmentDesk {
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
        guard token.revokedAt == nil else { throw await refused(.withdrawn, token, visit) }
        guard !isLockedOut(token) else { throw await refused(Self.deviceRevoked, token, visit) }
        guard sealed.isEmpty else { return try open(sealed, of: token.id) }
        throw await refused(token.refusal(at: surroundings.clock()) ?? .unknown, token, visit)
    }

    static let deviceRevoked = EnrolmentRefusal.refused(
        "The device that this bundle or code is for was revoked: make a new one.")

    /// What is for a device goes with what the device comes in by.
    private func isLockedOut(_ token: EnrolmentToken) -> Bool {
        token.deviceID.map(stores.lockout.contains) ?? false
    }

    func remember(_ proof: [UInt8]) {
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
