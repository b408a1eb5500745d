import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("Devices that somebody has to look at", .timeLimit(.minutes(10)))
struct EnrolmentConfirmTests {
    @Test("Where somebody has to look, the device waits, and gets its certificate after the yes")
    func confirmed() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle { $0.isConfirmed = true }
        let machine = try EnrolmentHouse.Machine()
        guard case .waiting(let shown) = try await house.enrol(bundle, machine) else {
            Issue.record("let in without a look")
            return
        }
        #expect(shown == EnrolmentProof.fingerprint(of: machine.request))
        #expect(shown.utf8.count == 19)
        // Whoever looks on is told of the bundle, and of who knocks with it.
        for _ in 0..<2 { _ = await house.changes.take() }
        let waiting = try await house.stores.enrolments.list(.pending).items
        #expect(waiting.map(\.fingerprint) == [shown])
        // The one place is taken: another key does not get in line.
        let other = try EnrolmentHouse.Machine()
        #expect(
            try await house.refusal { () async throws(EnrolmentDesk.Fault) in
                _ = try await house.enrol(bundle, other)
            } == .used)
        #expect(house.signer.signedCount == 0)
        let id = try #require(waiting.first?.id)
        let issued = try await house.desk.approve(id, by: .site)
        #expect(issued.state == .issued)
        _ = await house.changes.take()
        let answer = try await house.answer(bundle, machine)
        #expect(try Certificate(pem: answer.certificate).serial == issued.serial)
        await #expect(throws: EnrolmentDesk.Fault.self) {
            _ = try await house.desk.approve(id, by: .site)
        }
    }

    @Test("A device that somebody refused stays refused")
    func refused() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle { $0.isConfirmed = true }
        let machine = try EnrolmentHouse.Machine()
        _ = try await house.enrol(bundle, machine)
        let id = try #require(try await house.stores.enrolments.list(.pending).items.first?.id)
        _ = try await house.desk.refuse(id, by: .site)
        let refusal = try await house.refusal { () async throws(EnrolmentDesk.Fault) in
            _ = try await house.enrol(bundle, machine)
        }
        #expect(refusal?.word == "refused")
    }
}
