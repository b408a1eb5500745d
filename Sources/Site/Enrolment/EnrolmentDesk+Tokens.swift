import Basics
import Crypto
package import Domain
import Store

/// Making what lets devices in, and proving to who types a code that this is the site.
extension EnrolmentDesk {
    package struct Wish: Sendable {
        package var kind: EnrolmentToken.Kind
        package var name: Name<EnrolmentToken>
        package var team: Team.ID
        package var application: Application.ID?
        package var group: DeviceGroup.ID?
        package var device: Device.ID?
        package var uses = 1
        package var isConfirmed = false
        package var expectation = EnrolmentToken.Expectation()
        package var life: Duration?

        package init(kind: EnrolmentToken.Kind, name: Name<EnrolmentToken>, team: Team.ID) {
            self.kind = kind
            self.name = name
            self.team = team
        }
    }

    /// A token with what is shown once and never again.
    package struct Made: Sendable {
        package let token: EnrolmentToken
        /// Text of a `*.enrol` file.
        package let bundle: String?
        /// What somebody types, or writes into a configuration.
        package let code: String?
    }

    package func make(_ wish: Wish, by actor: Actor) async throws(Fault) -> Made {
        try await make([wish], by: actor)[0]
    }

    /// All or none.
    package func make(_ wishes: [Wish], by actor: Actor) async throws(Fault) -> [Made] {
        var drafts: [EnrolmentTokenStore.Draft] = []
        var secrets: [(secret: [UInt8], code: String?)] = []
        for wish in wishes {
            var draft = EnrolmentTokenStore.Draft(
                kind: wish.kind, name: wish.name, team: wish.team,
                application: wish.application, group: wish.group, device: wish.device,
                uses: wish.uses, isConfirmed: wish.isConfirmed, expectation: wish.expectation,
                life: wish.life)
            secrets.append(try secret(for: &draft))
            drafts.append(draft)
        }
        let list = drafts
        let tokens = try await store { () async throws(StoreError) in
            try await stores.enrolmentTokens.insert(list, by: actor)
        }
        surroundings.changed()
        var made: [Made] = []
        for (token, secret) in zip(tokens, secrets) {
            let bundle = token.kind == .bundle ? try bundle(token, secret.secret) : nil
            made.append(Made(token: token, bundle: bundle, code: secret.code))
        }
        return made
    }

    private func secret(
        for draft: inout EnrolmentTokenStore.Draft
    ) throws(Fault) -> (secret: [UInt8], code: String?) {
        switch draft.kind {
        case .bundle:
            let secret = Randomness.bytes(EnrolmentBundle.secretLength)
            draft.secret = try seal(EnrolmentProof.key(secret: secret, token: draft.id), draft.id)
            return (secret, nil)
        case .code:
            let code = TypedCode(random: Randomness.bytes(TypedCode.length))
            let keys =
                EnrolmentProof.key(secret: code.secret, token: draft.id)
                + EnrolmentProof.helloKey(code)
            draft.secret = try seal(keys, draft.id)
            draft.secretHash = EnrolmentProof.lookUp(code)
            return (code.secret, code.text)
        case .provisioning:
            let secret = MachineSecret(prefix: StockTokens.provisioningPrefix)
            draft.secretHash = secret.hash
            return ([], secret.text)
        case .oneTime:
            let code = StockTokens.newOneTimeCode()
            draft.secretHash = MachineSecret.hash(of: code)
            return ([], code)
        }
    }

    private func seal(_ keys: [UInt8], _ id: EnrolmentToken.ID) throws(Fault) -> [UInt8] {
        guard let sealed = try? sealer.seal(keys, context: SecretContext.enrolment(id)) else {
            throw .sealing
        }
        return sealed
    }

    private func bundle(_ token: EnrolmentToken, _ secret: [UInt8]) throws(Fault) -> String {
        let bundle = EnrolmentBundle(
            site: surroundings.site, urls: surroundings.urls(), pin: surroundings.pin,
            team: token.teamID, token: token.id, secret: secret, uses: token.usesMost,
            expiresAt: token.expiresAt, expectation: token.expectation)
        let key = surroundings.key
        do throws(EnrolmentBundle.Fault) {
            return try bundle.text(key: key.publicKey) { try? key.sign($0) }
        } catch { throw .sealing }
    }

    /// What the appliance says first to a device that holds a typed code.
    package struct Hello: Sendable, Equatable {
        package let site: String
        package let token: EnrolmentToken.ID
        package let proof: [UInt8]
        package let pin: [UInt8]
    }

    /// The appliance proves first that it knows the code: a stranger in between, who does not,
    /// could otherwise have the device prove it to him.
    /// - Parameters:
    ///   - lookUp: `EnrolmentProof.lookUp` of the code.
    ///   - nonce: of the device, 16 to 64 bytes.
    package func hello(
        lookUp: [UInt8], nonce: [UInt8], _ visit: Visit
    ) async throws(Fault) -> Hello {
        let found = try await store { () async throws(StoreError) in
            try await stores.enrolmentTokens.find(secretHash: lookUp)
        }
        guard let (token, sealed) = found, token.kind == .code, let exporter = visit.exporter,
            (16...64).contains(nonce.count)
        else { throw await refused(.unknown, nil, visit) }
        let keys = try await keys(of: token, sealed, visit)
        guard keys.count == 64 else { throw .sealing }
        return Hello(
            site: surroundings.site, token: token.id,
            proof: EnrolmentProof.hello(
                key: Array(keys.suffix(32)), exporter: exporter, nonce: nonce),
            pin: surroundings.pin)
    }
}
