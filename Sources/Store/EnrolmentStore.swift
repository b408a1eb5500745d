import Basics
package import Domain
import SQLite

/// Requests of devices to be let in, and what came of them.
package struct EnrolmentStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// What a device asks for, checked.
    package struct Asked: Sendable {
        package var token: EnrolmentToken.ID?
        package var team: Team.ID
        /// SHA-256, hexadecimal.
        package var digest: String
        /// DER.
        package var request: [UInt8]
        package var fingerprint: String
        package var facts: EnrolmentFacts
        package var address: String?

        package init(
            token: EnrolmentToken.ID?, team: Team.ID, digest: String, request: [UInt8],
            fingerprint: String, facts: EnrolmentFacts, address: String?
        ) {
            self.token = token
            self.team = team
            self.digest = digest
            self.request = request
            self.fingerprint = fingerprint
            self.facts = facts
            self.address = address
        }
    }

    /// Where a device comes to be.
    package enum Place: Sendable {
        /// A new one.
        case new(DeviceStore.Draft)
        /// One of the registry: it gets another certificate.
        /// - Parameter fresh: sealed secret of its credentials, where another kind of agent takes
        ///   the device over.
        case known(Device.ID, fresh: [UInt8])
    }

    package enum Outcome: Sendable {
        /// - Parameter lockedOut: what the agent that it replaces came in as.
        case done(Device, Enrolment, lockedOut: Device? = nil)
        case refused(EnrolmentRefusal)
    }

    package func get(_ id: Enrolment.ID) async throws(StoreError) -> Enrolment {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Enrolment in
            try EnrolmentStore.get(id, in: tx)
        }
    }

    /// `nil`: this key never asked with this token.
    package func find(
        token: EnrolmentToken.ID?, digest: String
    ) async throws(StoreError) -> Enrolment? {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Enrolment? in
            try EnrolmentStore.find(token, digest, in: tx)
        }
    }

    /// The newest first.
    package func list(
        _ state: Enrolment.State?, _ request: PageRequest = PageRequest(),
        visible: DeviceStore.Filter.Visible? = nil
    ) async throws(StoreError) -> Page<Enrolment> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Enrolment> in
            let teams = visible?.teams.map(\.text).jsonText
            let applications = visible?.applications.map(\.text).jsonText
            let found = try tx.all(
                EnrolmentSQL.list, request.number(0), request.key(1), state?.rawValue, teams,
                applications, request.limit + 1, read: Enrolment.init(row:))
            let count = try tx.count(
                EnrolmentSQL.count, state?.rawValue, teams, applications)
            return Page(found: found, request: request, count: count) {
                [String($0.createdAt.milliseconds), $0.id.text]
            }
        }
    }

    /// Keeps a request until somebody decides. Waiting ones take no more of a token than it has
    /// uses; the use itself is burnt by the certificate.
    package func wait(_ asked: Asked, by actor: Actor) async throws(StoreError) -> EnrolmentRefusal?
    {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> EnrolmentRefusal? in
            guard try EnrolmentStore.find(asked.token, asked.digest, in: tx) == nil else {
                return nil
            }
            if let id = asked.token {
                let token = try EnrolmentTokenStore.get(id, in: tx)
                if let refusal = token.refusal(at: tx.now) { return refusal }
                let waiting = try tx.count(EnrolmentSQL.waiting, id)
                guard waiting < token.usesLeft else { return .used }
            }
            let enrolment = try EnrolmentStore.insert(asked, .pending, nil, nil, nil, in: tx)
            try tx.record(enrolment.event("requested", "asks to be let in"), by: actor)
            return nil
        }
    }

    /// One transaction: a use of the token, the device, its certificate, and what is written down.
    /// - Parameters:
    ///   - certificate: signed already; without this transaction it opens nothing.
    ///   - decider: who said yes to a request that waited.
    package func issue(
        _ asked: Asked, at place: Place, _ certificate: DeviceCertificate, by actor: Actor,
        decider: String? = nil
    ) async throws(StoreError) -> Outcome {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Outcome in
            let past = try EnrolmentStore.find(asked.token, asked.digest, in: tx)
            // Two answers to one request: the first has burnt the use, both get its certificate.
            if let past, past.state == .issued, let id = past.deviceID {
                return .done(try DeviceStore.get(id, in: tx), past)
            }
            if past?.state == .refused { return .refused(.refused("Somebody said no.")) }
            if let token = asked.token, let refusal = try EnrolmentTokenStore.burn(token, in: tx) {
                return .refused(refusal)
            }
            let (device, former) = try EnrolmentStore.settle(
                place, .lineside, by: actor, in: tx)
            var certificate = certificate
            certificate.deviceID = device.id
            try CertificateStore.insert(certificate, by: actor, in: tx)
            let enrolment: Enrolment
            if let past {
                try tx.run(
                    EnrolmentSQL.decide, past.id, Enrolment.State.issued.rawValue, device.id,
                    certificate.serial, tx.now, decider)
                enrolment = try EnrolmentStore.get(past.id, in: tx)
            } else {
                enrolment = try EnrolmentStore.insert(
                    asked, .issued, device.id, certificate.serial, decider, in: tx)
            }
            try tx.record(enrolment.event("issued", "let in as “\(device.name)”"), by: actor)
            return .done(device, enrolment, lockedOut: former)
        }
    }

    package func refuse(
        _ id: Enrolment.ID, by actor: Actor
    ) async throws(StoreError) -> Enrolment {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Enrolment in
            let former = try EnrolmentStore.get(id, in: tx)
            guard former.state == .pending else {
                throw .conflict("This request has been decided already.")
            }
            try tx.run(
                EnrolmentSQL.decide, id, Enrolment.State.refused.rawValue, nil as String?,
                nil as String?, tx.now, actor.name)
            let enrolment = try EnrolmentStore.get(id, in: tx)
            try tx.record(enrolment.event("refused", "refused"), by: actor)
            return enrolment
        }
    }

    /// Beside the one that it has: which goes when the new one was seen.
    package func renew(
        _ certificate: DeviceCertificate, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) in
            try CertificateStore.insert(certificate, by: actor, in: tx)
        }
    }

    /// Certificates, secrets, and what would let it in again.
    /// - Returns: the device and its certificates' serial numbers.
    package func revoke(
        _ id: Device.ID, by actor: Actor
    ) async throws(StoreError) -> (Device, [String]) {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> (Device, [String]) in
            let device = try DeviceStore.get(id, in: tx)
            let serials = try CertificateStore.revoke(
                of: id, reason: .revoked, by: actor, in: tx)
            try DeviceSecretStore.delete(id, in: tx)
            try tx.run(EnrolmentSQL.revokeTokens, id, tx.now)
            tx.accessChanged()
            try tx.record(
                AuditEvent(
                    kind: "device.revoked", object: device.reference, teamID: device.teamID,
                    text: "Device “\(device.name)” may not come in any more"), by: actor)
            return (device, serials)
        }
    }

    /// A device that is taken over keeps no certificate by which the former hardware came in; from
    /// another kind of agent on, what the former knew opens no credentials of the device either.
    /// - Returns: `former`: the device as it was, where something was taken from it.
    static func settle(
        _ place: Place, _ agent: Device.Agent, by actor: Actor, in tx: borrowing Transaction
    ) throws(StoreError) -> (device: Device, former: Device?) {
        switch place {
        case .known(let id, let fresh):
            let old = try DeviceStore.get(id, in: tx)
            var new = old
            new.agent = agent
            let device = try DeviceStore.replace(old, by: new, actor, in: tx)
            switch (old.agent, agent) {
            case (nil, _), (.stock, .stock): return (device, nil)
            case (.lineside, _):
                _ = try CertificateStore.revoke(of: id, reason: .superseded, by: actor, in: tx)
            case (.stock, .lineside): try DeviceSecretStore.delete(id, in: tx)
            }
            if old.agent != agent { try tx.run(EnrolmentSQL.setCredentialSecret, id, fresh) }
            return (try DeviceStore.get(id, in: tx), old)
        case .new(var draft):
            draft.name = try free(draft.name, in: draft.team, in: tx)
            return (try DeviceStore.insert(draft, by: actor, in: tx), nil)
        }
    }

    /// Two devices of one model call themselves the same: the second gets a number.
    static func free(
        _ name: DeviceName, in team: Team.ID, in tx: borrowing Transaction
    ) throws(StoreError) -> DeviceName {
        if try tx.count(DeviceSQL.nameTaken, team, name, "") == 0 { return name }
        // 70 characters leave room for the number within the 80 of a name.
        let stem = String(name.text.prefix(70))
        var number = 2
        while true {
            let next = DeviceName(stored: "\(stem) \(number)")
            if try tx.count(DeviceSQL.nameTaken, team, next, "") == 0 { return next }
            number += 1
        }
    }

    static func get(
        _ id: Enrolment.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Enrolment {
        try tx.one("The enrolment", EnrolmentSQL.get, id, read: Enrolment.init(row:))
    }

    private static func find(
        _ token: EnrolmentToken.ID?, _ digest: String,
        in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Enrolment? {
        try tx.first(EnrolmentSQL.find, token?.text, digest, read: Enrolment.init(row:))
    }

    private static func insert(
        _ asked: Asked, _ state: Enrolment.State, _ device: Device.ID?, _ serial: String?,
        _ decider: String?, in tx: borrowing Transaction
    ) throws(StoreError) -> Enrolment {
        let id = Enrolment.ID.random()
        try tx.run(
            EnrolmentSQL.insert, id, asked.token, asked.team, device, asked.digest,
            asked.request, asked.fingerprint,
            String(decoding: asked.facts.json, as: UTF8.self), asked.address, state.rawValue,
            serial, tx.now, state == .pending ? nil : tx.now, decider)
        return try get(id, in: tx)
    }
}
