import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("What becomes of enrolled devices", .timeLimit(.minutes(10))) struct EnrolmentLifeTests {
    private func visit(_ house: EnrolmentHouse) -> EnrolmentDesk.Visit {
        .init(address: "10.0.0.77", exporter: EnrolmentHouse.exporter)
    }

    @Test(
        "A renewal gives a new key a certificate, the same one again, and leaves the old one good")
    func renewal() async throws {
        let house = try await EnrolmentHouse()
        let machine = try EnrolmentHouse.Machine()
        let first = try await house.answer(try await house.bundle(), machine)
        let old = try Certificate(pem: first.certificate).serial
        let next = try EnrolmentHouse.Machine()
        let renewed = try await house.desk.renew(
            serial: old, request: next.request.der, visit(house))
        let again = try await house.desk.renew(
            serial: old, request: next.request.der, visit(house))
        #expect(renewed.certificate == again.certificate)
        let certificate = try Certificate(pem: renewed.certificate)
        #expect(certificate.belongs(to: next.key) && certificate.serial != old)
        #expect(renewed.device == first.device)
        #expect(house.signer.device(certificate: old)?.device == first.device.id)
        #expect(house.signer.device(certificate: certificate.serial) != nil)
        let same = try await house.refusal { () async throws(EnrolmentDesk.Fault) in
            _ = try await house.desk.renew(
                serial: old, request: machine.request.der, visit(house))
        }
        #expect(same?.word == "refused")
        // Once the new one was seen, the old one is done with.
        #expect(try await house.stores.certificates.see(certificate.serial) == [old])
    }

    @Test("An expired certificate renews within its grace and not after; a stranger's never does")
    func expired() async throws {
        let end = Timestamp(milliseconds: 1_790_000_000_000) + .seconds(86_400)
        let house = try await EnrolmentHouse(notAfter: end)
        let first = try await house.answer(
            try await house.bundle(), try EnrolmentHouse.Machine())
        let old = try Certificate(pem: first.certificate).serial
        var policy = try await house.desk.policy()
        policy.graceDays = 10
        try await house.desk.setPolicy(policy, by: .site)
        house.clock.advance(by: .seconds(9 * 86_400))
        let next = try EnrolmentHouse.Machine()
        _ = try await house.desk.renew(serial: old, request: next.request.der, visit(house))
        house.clock.advance(by: .seconds(30 * 86_400))
        let late = try EnrolmentHouse.Machine()
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.desk.renew(
                    serial: old, request: late.request.der, visit(house))
            } == .expired)
        let strange = try await house.refusal { () async throws(EnrolmentDesk.Fault) in
            _ = try await house.desk.renew(
                serial: "abcdef", request: late.request.der, visit(house))
        }
        #expect(strange?.word == "refused")
    }

    @Test("A revoked device has no certificate, renews none, and gets no answer again")
    func revoked() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle()
        let machine = try EnrolmentHouse.Machine()
        let answer = try await house.answer(bundle, machine)
        let serial = try Certificate(pem: answer.certificate).serial
        _ = try await house.desk.revoke(answer.device.id, by: .site)
        #expect(house.signer.device(certificate: serial) == nil)
        #expect(
            try await house.stores.certificates.find(serial: serial)?.reason == .revoked)
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(bundle, machine)
            } == .used)
        let refusal = try await house.refusal { () async throws(EnrolmentDesk.Fault) in
            _ = try await house.desk.renew(
                serial: serial, request: try EnrolmentHouse.request(), visit(house))
        }
        #expect(refusal?.word == "refused")
    }

    @Test("A bundle for a device that is there makes its new machine the same device")
    func replacement() async throws {
        let house = try await EnrolmentHouse()
        let first = try await house.answer(
            try await house.bundle(), try EnrolmentHouse.Machine())
        let bundle = try await house.bundle { $0.device = first.device.id }
        var machine = try EnrolmentHouse.Machine()
        machine.facts = EnrolmentFacts(name: "fresh-box")
        let second = try await house.answer(bundle, machine)
        #expect(second.device.id == first.device.id)
        #expect(second.device.name == "Cell 4")
        #expect(try await house.stores.devices.list().count == 1)
        #expect(second.certificate != first.certificate)
    }

    @Test("A device is called as its own bundle says, and as itself where a bundle is for many")
    func names() async throws {
        let house = try await EnrolmentHouse()
        let own = try await house.bundle { $0.name = Name(stored: "Press 4") }
        #expect(try await house.answer(own, try .init()).device.name == "Press 4")
        let many = try await house.bundle {
            $0.name = Name(stored: "Hall 2")
            $0.uses = 5
        }
        #expect(try await house.answer(many, try .init()).device.name == "press-7")
        let plain = try await house.bundle { $0.name = EnrolmentToken.defaultName(.bundle) }
        #expect(try await house.answer(plain, try .init()).device.name == "press-7 2")
    }

    @Test("A new bundle for a device withdraws those that it had, and no other's")
    func newestOnly() async throws {
        let house = try await EnrolmentHouse()
        let device = try await house.answer(try await house.bundle(), try .init()).device.id
        let other = try await house.bundle()
        let first = try await house.bundle { $0.device = device }
        let second = try await house.bundle { $0.device = device }
        let machine = try EnrolmentHouse.Machine()
        let refusal = try await house.refusal { () async throws(EnrolmentDesk.Fault) in
            _ = try await house.enrol(first, machine)
        }
        #expect(refusal == .withdrawn)
        #expect(try await house.audit().contains("enrolment-token.revoked"))
        #expect(try await house.answer(second, try .init()).device.id == device)
        #expect(try await house.answer(other, try .init()).device.id != device)
    }

    @Test("A request that a person carries in is answered once for its key, if nobody changed it")
    func carried() async throws {
        let house = try await EnrolmentHouse()
        let machine = try EnrolmentHouse.Machine()
        let file = try EnrolmentRequestFile(
            request: machine.request.der, facts: machine.facts
        ) { try? machine.key.sign($0) }
        let read = try EnrolmentRequestFile(Array(file.text.utf8))
        #expect(read == file)
        let place = EnrolmentDesk.Carried(
            team: house.factory.team.id, application: house.factory.application.id, group: nil,
            device: nil, name: try Name(validating: "Far press"))
        let first = try await house.desk.answer(carried: read, to: place, by: .site)
        let again = try await house.desk.answer(carried: read, to: place, by: .site)
        #expect(first.answer.certificate == again.answer.certificate)
        #expect(first.answer.device.name == "Far press")
        #expect(try await house.stores.devices.list().count == 1)
        let text = String(decoding: first.answer.json, as: UTF8.self)
        let parsed = EnrolmentAnswer(
            json: try #require(try JSONReader.read(Array(text.utf8)).object))
        #expect(parsed == first.answer)
        var changed = file
        changed.facts = EnrolmentFacts(name: "another")
        let tampered = changed
        await #expect(throws: EnrolmentDesk.Fault.refusal(.tampered)) {
            _ = try await house.desk.answer(carried: tampered, to: place, by: .site)
        }
    }

    @Test("A typed code: the appliance proves itself first, then the device is let in")
    func typed() async throws {
        let house = try await EnrolmentHouse()
        var wish = EnrolmentDesk.Wish(
            kind: .code, name: try Name(validating: "Typed"), team: house.factory.team.id)
        wish.life = .seconds(86_400)
        let made = try await house.desk.make(wish, by: .site)
        let typed = try #require(made.code).lowercased()
        let code = try #require(TypedCode(typed: typed))
        let nonce = Randomness.bytes(16)
        let hello = try await house.desk.hello(
            lookUp: EnrolmentProof.lookUp(code), nonce: nonce, visit(house))
        let key = EnrolmentProof.helloKey(code)
        #expect(
            hello.proof
                == EnrolmentProof.hello(
                    key: key, exporter: EnrolmentHouse.exporter, nonce: nonce))
        #expect(hello.site == EnrolmentHouse.site)
        let bundle = EnrolmentBundle(
            site: hello.site, urls: ["https://10.0.0.5:8443"], pin: hello.pin,
            team: house.factory.team.id, token: hello.token, secret: code.secret, uses: 1,
            expiresAt: nil, expectation: .init())
        _ = try await house.answer(bundle, try EnrolmentHouse.Machine())
        let guess = try #require(TypedCode(typed: "00000-00000-00000-00000"))
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.desk.hello(
                    lookUp: EnrolmentProof.lookUp(guess), nonce: nonce, visit(house))
            } == .unknown)
    }
}

extension EnrolmentHouse {
    fileprivate static func request() throws(EnrolmentDesk.Fault) -> [UInt8] {
        guard let machine = try? Machine() else { throw .sealing }
        return machine.request.der
    }
}
