import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Synchronization
import Testing

@Suite("Letting devices in", .timeLimit(.minutes(10))) struct EnrolmentDeskTests {
    @Test("A bundle lets one device in, with a certificate for its own key and id")
    func lets() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle()
        let machine = try EnrolmentHouse.Machine()
        let answer = try await house.answer(bundle, machine)
        let certificate = try Certificate(pem: answer.certificate)
        #expect(certificate.subject == answer.device.id.text)
        #expect(certificate.belongs(to: machine.key))
        #expect(house.signer.issuer.certificate.signed(certificate))
        #expect(answer.credentialSecret.utf8.count == 64)
        #expect(answer.servers.first == "https://10.0.0.5:8443")
        let device = try await house.stores.devices.get(answer.device.id)
        #expect(device.agent == .lineside && device.name.text == "Cell 4")
        #expect(device.applicationID == house.factory.application.id)
        let known = house.signer.device(certificate: certificate.serial)
        #expect(known?.device == device.id)
        let kinds = Set(try await house.audit())
        #expect(kinds.isSuperset(of: ["device.created", "certificate.issued", "enrolment.issued"]))
        #expect(
            try await house.stores.enrolmentTokens.get(bundle.token).usesLeft == 0)
    }

    @Test("A lost answer is given again to the same key, on another connection, and to no other")
    func lostAnswer() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle()
        let machine = try EnrolmentHouse.Machine()
        let first = try await house.answer(bundle, machine)
        // Days later the bundle has expired: the answer that was due still is.
        house.clock.advance(by: .seconds(31 * 86_400))
        let again = try await house.answer(
            bundle, machine, exporter: [UInt8](repeating: 1, count: 32))
        #expect(again.certificate == first.certificate)
        #expect(again.device == first.device)
        #expect(again.credentialSecret == first.credentialSecret)
        #expect(house.signer.signedCount == 1)
        let thief = try EnrolmentHouse.Machine()
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(bundle, thief)
            } == .expired)
    }

    @Test("A used bundle lets no second device in, and one with three uses lets three in")
    func uses() async throws {
        let house = try await EnrolmentHouse()
        let single = try await house.bundle()
        _ = try await house.answer(single, try EnrolmentHouse.Machine())
        let second = try EnrolmentHouse.Machine()
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(single, second)
            } == .used)
        let three = try await house.bundle { $0.uses = 3 }
        var names: [String] = []
        for _ in 0..<3 {
            names.append(
                try await house.answer(three, try EnrolmentHouse.Machine()).device.name)
        }
        // All three call themselves the same.
        #expect(names == ["press-7", "press-7 2", "press-7 3"])
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(three, second)
            } == .used)
    }

    @Test("Of two devices that come at once with one use left, one gets in")
    func raced() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle()
        let machines = try (0..<4).map { _ in try EnrolmentHouse.Machine() }
        let outcomes = await withTaskGroup(of: EnrolmentRefusal?.self) { group in
            for machine in machines {
                group.addTask {
                    do throws(EnrolmentDesk.Fault) {
                        _ = try await house.enrol(bundle, machine)
                        return nil
                    } catch {
                        guard case .refusal(let refusal) = error else { return .unknown }
                        return refusal
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.count { $0 == .used } == 3)
        #expect(try await house.stores.devices.list().count == 1)
    }

    @Test("The same request that comes twice at once gets one certificate and burns one use")
    func twice() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle { $0.uses = 5 }
        let machine = try EnrolmentHouse.Machine()
        async let one = house.answer(bundle, machine)
        async let two = house.answer(bundle, machine)
        let answers = try await [one, two]
        #expect(answers[0].certificate == answers[1].certificate)
        #expect(try await house.stores.enrolmentTokens.get(bundle.token).usesLeft == 4)
        #expect(try await house.stores.devices.list().count == 1)
    }

    @Test("Power that goes between signing and writing down costs no use and lets nobody in")
    func powerCut() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle()
        let machine = try EnrolmentHouse.Machine()
        house.signer.whenSigned { () async throws(SignerFault) in
            throw .unreachable("the power is gone")
        }
        await #expect(throws: EnrolmentDesk.Fault.self) {
            _ = try await house.enrol(bundle, machine)
        }
        #expect(house.signer.signedCount == 1)
        #expect(try await house.stores.enrolmentTokens.get(bundle.token).usesLeft == 1)
        #expect(try await house.stores.devices.list().count == 0)
        #expect(try await house.stores.certificates.liveCount() == 0)
        house.signer.whenSigned { () async throws(SignerFault) in }
        let answer = try await house.answer(bundle, machine)
        #expect(try Certificate(pem: answer.certificate).belongs(to: machine.key))
    }

    @Test("A bundle that is withdrawn while its request is being signed lets nobody in")
    func withdrawnMeanwhile() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle()
        let machine = try EnrolmentHouse.Machine()
        house.signer.whenSigned { () async throws(SignerFault) in
            try? await house.stores.enrolmentTokens.revoke(bundle.token, by: .site)
        }
        await #expect(throws: EnrolmentDesk.Fault.self) {
            _ = try await house.enrol(bundle, machine)
        }
        #expect(try await house.stores.devices.list().count == 0)
    }

    @Test("A wrong secret, a changed request, another site and an unknown token each have a name")
    func wrong() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle()
        let machine = try EnrolmentHouse.Machine()
        var wrong = bundle
        wrong.secret[0] ^= 1
        let badSecret = wrong
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(badSecret, machine)
            } == .tampered)
        let other = try EnrolmentHouse.Machine()
        let stolen = house.bearer(bundle, machine)
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.desk.enrol(
                    bearer: stolen, request: other.request.der, facts: other.facts,
                    .init(address: "10.0.0.8", exporter: EnrolmentHouse.exporter))
            } == .tampered)
        var foreign = bundle
        foreign.site = "ffffffffffffffffffff"
        let elsewhere = foreign
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(elsewhere, machine)
            } == .foreign)
        var unknown = bundle
        unknown.token = .random()
        let nobody = unknown
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(nobody, machine)
            } == .unknown)
        for text in ["", "x.y", "\(bundle.token)", "\(bundle.token).AAAA", "..."] {
            #expect(
                try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                    _ = try await house.desk.enrol(
                        bearer: text, request: machine.request.der, facts: machine.facts,
                        .init(address: "10.0.0.9", exporter: EnrolmentHouse.exporter))
                } == .unknown, "\(text)")
        }
        #expect(try await house.stores.enrolmentTokens.get(bundle.token).usesLeft == 1)
        #expect(house.signer.signedCount == 0)
    }

    @Test("Expiry goes by the appliance's clock, and a clock fifty years back locks nobody out")
    func clocks() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle { $0.uses = 5 }
        house.clock.advance(by: .seconds(-50 * 365 * 86_400))
        let early = try await house.answer(bundle, try EnrolmentHouse.Machine())
        #expect(early.time == house.clock.now)
        let made = try await house.bundle { $0.life = .seconds(3_600) }
        house.clock.advance(by: .seconds(3_599))
        _ = try await house.answer(made, try EnrolmentHouse.Machine())
        let late = try await house.bundle { $0.life = .seconds(3_600) }
        house.clock.advance(by: .seconds(3_601))
        let machine = try EnrolmentHouse.Machine()
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(late, machine)
            } == .expired)
    }

    @Test("Only the expected device may use a bundle that names a serial number or an address")
    func expected() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle {
            $0.expectation = .init(serial: "SN-0042", mac: "00:1B:44:11:3A:B7")
        }
        var machine = try EnrolmentHouse.Machine()
        machine.facts = EnrolmentFacts(
            name: "x", serial: "sn 0043", addresses: ["001b44113ab7"])
        let stranger = machine
        let refusal = try await house.refusal { () async throws(EnrolmentDesk.Fault) in
            _ = try await house.enrol(bundle, stranger)
        }
        #expect(refusal?.word == "refused")
        machine.facts = EnrolmentFacts(
            name: "x", serial: "sn0042", addresses: ["aa", "00-1b-44-11-3a-b7"])
        _ = try await house.answer(bundle, machine)
    }

    @Test(
        "A request that is too large, broken, weak or not its own is refused before anything else")
    func requests() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle()
        let machine = try EnrolmentHouse.Machine()
        func send(_ bytes: [UInt8]) async -> EnrolmentDesk.Fault? {
            do throws(EnrolmentDesk.Fault) {
                _ = try await house.desk.enrol(
                    bearer: house.bearer(bundle, machine), request: bytes, facts: machine.facts,
                    .init(address: "10.0.0.7", exporter: EnrolmentHouse.exporter))
                return nil
            } catch { return error }
        }
        #expect(await send([UInt8](repeating: 0x30, count: 4_097)) == .tooLarge)
        var changed = machine.request.der
        changed[changed.count - 1] ^= 1
        for bytes in [[], [0x30, 0x00], Array(machine.request.der.dropLast()), changed] {
            guard case .malformed = await send(bytes) else {
                Issue.record("taken: \(Hex.encode(bytes.prefix(8)))")
                continue
            }
        }
        #expect(try await house.audit().first == "enrolment.malformed")
        #expect(house.signer.signedCount == 0)
    }
}
