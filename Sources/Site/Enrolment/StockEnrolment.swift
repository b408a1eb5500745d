import Basics
package import Crypto
package import Domain
package import Store
import Synchronization

/// Lets unmodified FlowFuse agents in: by provisioning token, by a code of three words, or by a page
/// that a person opens. What they get are a bearer token and a broker password.
package final class StockEnrolment: Sendable {
    package struct Credentials: Sendable {
        package let device: Device
        package let teamName: String
        /// For HTTP.
        package let token: String
        /// 64 hexadecimal digits.
        package let credentialSecret: String
        package let brokerPassword: String
    }

    package enum Fault: Error, Sendable, Equatable {
        /// Wrong, used, expired, withdrawn.
        case refusal(EnrolmentRefusal)
        /// The token is for another team.
        case otherTeam
        case store(StoreError)
        case sealing
    }

    package enum Registration: Sendable, Equatable {
        case pending
        case done(Device.ID, code: String)
    }

    private struct Session {
        let done: String
        let until: ContinuousClock.Instant
        var state: Registration
    }

    private struct State {
        var limiter = EnrolmentLimiter()
        /// By the secret in the page's address.
        var sessions: [String: Session] = [:]
    }

    /// As FlowFuse has it: a person has to find the page first.
    package static let codeLife = Duration.seconds(86_400)
    private static let sessionLife = Duration.seconds(3_600)
    private static let sessionLimit = 500

    private let stores: Stores
    private let sealer: Sealer
    private let observer: any DeviceObserver
    private let strangers: StrangerJournal
    private let state = Mutex(State())
    private let log = Log("enrolment")

    /// - Parameter strangers: of the whole site.
    package init(
        stores: Stores, sealer: Sealer, observer: any DeviceObserver, strangers: StrangerJournal
    ) {
        self.strangers = strangers
        self.stores = stores
        self.sealer = sealer
        self.observer = observer
    }

    /// - Parameters:
    ///   - name: what the agent calls itself.
    ///   - team: that it names, if it does.
    package func provision(
        token: String, name: String?, type: String?, team: String?, address: String
    ) async throws(Fault) -> Credentials {
        try await admit(
            .provisioning, token, name: name, type: type, team: team, address: address)
    }

    package func connect(
        code: String, host: String?, address: String
    ) async throws(Fault) -> Credentials {
        try await admit(.oneTime, code, name: host, type: nil, team: nil, address: address)
    }

    private func admit(
        _ kind: EnrolmentToken.Kind, _ secret: String, name: String?, type: String?,
        team: String?, address: String
    ) async throws(Fault) -> Credentials {
        let actor = Actor(.nobody, address: address)
        let hash = MachineSecret.hash(of: secret)
        let found = try await store { () async throws(StoreError) in
            try await stores.enrolmentTokens.find(secretHash: hash)
        }
        guard let token = found?.token, token.kind == kind,
            !(token.deviceID.map(stores.lockout.contains) ?? false)
        else {
            throw await refused(.unknown, nil, actor)
        }
        if let team, team != token.teamID.text {
            throw await refused(.refused("It is for another team."), token, actor, as: .otherTeam)
        }
        let fresh = try fresh()
        let place: EnrolmentStore.Place
        if let device = token.deviceID {
            place = .known(device, fresh: fresh.sealed)
        } else {
            place = .new(try draft(token, name, type))
        }
        let outcome = try await store { () async throws(StoreError) in
            try await stores.enrolments.admitStock(
                token.id, at: place, fresh.kept, by: actor)
        }
        switch outcome {
        case .refused(let refusal): throw await refused(refusal, token, actor)
        case .admitted(let device, let teamName, let lockedOut):
            if let lockedOut { await observer.ended([lockedOut]) }
            await observer.admitted([device.id])
            await observer.desiredChanged([device.id])
            return fresh.credentials(device, teamName)
        }
    }

    /// New secrets for a device whose agent a person configures by hand; those of before are worth
    /// nothing from then on.
    package func credentials(
        of id: Device.ID, by actor: Actor
    ) async throws(Fault) -> Credentials {
        guard !stores.lockout.contains(id) else {
            throw .store(.conflict("It was revoked, and the registry could not be told yet."))
        }
        let fresh = try fresh()
        let (device, teamName) = try await store { () async throws(StoreError) in
            try await stores.enrolments.renewStock(id, fresh.kept, by: actor)
        }
        await observer.ended([device])
        await observer.admitted([id])
        return fresh.credentials(device, teamName)
    }

    private func draft(
        _ token: EnrolmentToken, _ name: String?, _ type: String?
    ) throws(Fault) -> DeviceStore.Draft {
        let id = Device.ID.random()
        let secrets: DeviceSecrets
        do throws(OpenSSLError) { secrets = try sealer.newSecrets(for: id) } catch {
            throw .sealing
        }
        let facts = EnrolmentFacts(name: name, model: type)
        let own = facts.name.flatMap { try? DeviceName(validating: $0) }
        return DeviceStore.Draft(
            id: id, team: token.teamID, application: token.applicationID, group: token.groupID,
            name: own ?? DeviceName(stored: "Device \(id.text.prefix(6))"),
            type: facts.model ?? "", agent: .stock, secrets: secrets)
    }

    private struct Fresh {
        let token: MachineSecret
        let broker: MachineSecret
        let credentialSecret: String
        let sealed: [UInt8]

        var kept: EnrolmentStore.StockSecrets {
            .init(
                tokenHash: token.hash, brokerHash: broker.hash, credentialSecret: sealed)
        }

        func credentials(_ device: Device, _ teamName: String) -> Credentials {
            Credentials(
                device: device, teamName: teamName, token: token.text,
                credentialSecret: credentialSecret, brokerPassword: broker.text)
        }
    }

    private func fresh() throws(Fault) -> Fresh {
        let secret = Hex.encode(Randomness.bytes(32))
        guard
            let sealed = try? sealer.seal(text: secret, context: SecretContext.credentialSecret)
        else { throw .sealing }
        return Fresh(
            token: MachineSecret(prefix: DeviceToken.prefix),
            broker: MachineSecret(prefix: "ffbd_"),
            credentialSecret: secret, sealed: sealed)
    }

    /// - Parameter fault: what the agent is told; `nil`: the refusal.
    private func refused(
        _ refusal: EnrolmentRefusal, _ token: EnrolmentToken?, _ actor: Actor,
        as fault: Fault? = nil
    ) async -> Fault {
        let address = actor.address ?? ""
        let waits = state.withLock { $0.limiter.failed(address, at: .now) }
        let told = waits.map { EnrolmentRefusal.tooMany(seconds: $0.seconds) } ?? refusal
        if waits?.isNews != false { await record(told, waits == nil ? token : nil, actor) }
        return waits == nil ? fault ?? .refusal(told) : .refusal(told)
    }

    private func record(
        _ refusal: EnrolmentRefusal, _ token: EnrolmentToken?, _ actor: Actor
    ) async {
        let event = AuditEvent(
            kind: "enrolment.\(refusal.word)", object: token?.reference, teamID: token?.teamID,
            text: "An agent at \(actor.address ?? "") was not let in: \(refusal.sentence)")
        guard token != nil else { return await strangers.note(event, refusal.word, by: actor) }
        do throws(StoreError) { try await stores.audit.record(event, by: actor) } catch {
            log.error("an attempt to enrol was not recorded: \(error)")
        }
    }

    private func store<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(Fault) -> Value {
        do throws(StoreError) { return try await body() } catch { throw .store(error) }
    }
}

/// Registration by a page: the agent asks for an address, a person opens it and adds the device,
/// the agent asks until it gets a code.
extension StockEnrolment {
    /// - Returns: secrets of the page's address and of the agent's; `nil`: too many wait, or this
    ///   address asks too often.
    package func beginRegistration(_ address: String) -> (page: String, done: String)? {
        let page = Randomness.secret()
        let done = Randomness.secret()
        let now = ContinuousClock.now
        return state.withLock { state in
            state.sessions = state.sessions.filter { $0.value.until > now }
            // Each counts as a failed attempt, or an address could fill all places.
            guard state.sessions.count < Self.sessionLimit,
                state.limiter.failed(address, at: now) == nil
            else { return nil }
            state.sessions[page] = Session(
                done: done, until: now + Self.sessionLife, state: .pending)
            return (page, done)
        }
    }

    /// A person has added the device: the agent gets a code for it.
    /// - Returns: whether somebody waits.
    package func finishRegistration(
        _ page: String, _ device: Device, by actor: Actor
    ) async throws(Fault) -> Bool {
        let isOpen = state.withLock { state in
            guard let session = state.sessions[page], session.until > .now else { return false }
            return session.state == .pending
        }
        guard isOpen else { return false }
        let code = StockTokens.newOneTimeCode()
        let draft = EnrolmentTokenStore.Draft(
            kind: .oneTime, name: Name(stored: device.name.text), team: device.teamID,
            application: device.applicationID, group: device.groupID, device: device.id,
            secretHash: MachineSecret.hash(of: code), life: Self.codeLife)
        _ = try await store { () async throws(StoreError) in
            try await stores.enrolmentTokens.insert(draft, by: actor)
        }
        state.withLock { $0.sessions[page]?.state = .done(device.id, code: code) }
        return true
    }

    package func isRegistering(_ page: String) -> Bool {
        state.withLock {
            $0.sessions[page].map { $0.until > .now && $0.state == .pending } ?? false
        }
    }

    /// - Parameter done: the agent's secret. `nil`: there is no such registration any more.
    package func registration(_ done: String) -> Registration? {
        state.withLock { state in
            state.sessions.values.first { $0.done == done && $0.until > .now }?.state
        }
    }
}
