import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("Proofs that come again", .timeLimit(.minutes(10))) struct EnrolmentReplayTests {
    let house: EnrolmentHouse
    let machine: EnrolmentHouse.Machine

    init() async throws {
        house = try await EnrolmentHouse()
        machine = try EnrolmentHouse.Machine()
    }

    /// What somebody who listens sends from another place.
    func again(
        _ proof: String, _ exporter: [UInt8]?, at desk: EnrolmentDesk
    ) async throws -> EnrolmentRefusal? {
        try await house.refusal { () async throws(EnrolmentDesk.Fault) in
            _ = try await desk.enrol(
                bearer: proof, request: machine.request.der, facts: machine.facts,
                .init(address: "10.6.6.6", exporter: exporter))
        }
    }

    @Test("A proof that was good on one connection is a replay on another, and nothing without TLS")
    func replayed() async throws {
        let bundle = try await house.bundle { $0.uses = 5 }
        let proof = house.bearer(bundle, machine)
        _ = try await house.answer(bundle, machine)
        #expect(
            try await again(proof, [UInt8](repeating: 2, count: 32), at: house.desk) == .replayed)
        #expect(try await again(proof, nil, at: house.desk) == .replayed)
    }

    @Test("After a restart nobody remembers the proof, and it is as worthless as before")
    func afterRestart() async throws {
        let bundle = try await house.bundle { $0.uses = 5 }
        let proof = house.bearer(bundle, machine)
        _ = try await house.answer(bundle, machine)
        let desk = house.nextDesk
        #expect(try await again(proof, [UInt8](repeating: 2, count: 32), at: desk) == .tampered)
        #expect(try await again(proof, nil, at: desk) == .tampered)
        #expect(house.signer.signedCount == 1)
        #expect(try await house.stores.enrolmentTokens.get(bundle.token).usesLeft == 4)
    }

    @Test("A bundle whose keys were forgotten is used up or expired, and says so")
    func forgotten() async throws {
        let used = try await house.bundle { $0.life = nil }
        _ = try await house.answer(used, machine)
        let old = try await house.bundle()
        house.clock.advance(by: .seconds(90 * 86_400))
        try await house.stores.enrolmentTokens.forgetSecrets(
            before: house.clock.now - .seconds(30 * 86_400))
        for (bundle, refusal) in [(used, EnrolmentRefusal.used), (old, .expired)] {
            #expect(
                try await again(
                    house.bearer(bundle, machine), EnrolmentHouse.exporter, at: house.desk)
                    == refusal)
        }
    }
}
