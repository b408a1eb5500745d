import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("Limits of enrolment", .timeLimit(.minutes(10))) struct EnrolmentLimitTests {
    @Test("Who fails thirty times from one address has to wait; a thousand devices need not")
    func tooMany() async throws {
        let house = try await EnrolmentHouse()
        let bundle = try await house.bundle { $0.uses = 100 }
        for _ in 0..<60 { _ = try await house.answer(bundle, try EnrolmentHouse.Machine()) }
        var wrong = bundle
        wrong.secret = [UInt8](repeating: 0, count: 16)
        let guess = wrong
        let machine = try EnrolmentHouse.Machine()
        var words: [String] = []
        for _ in 0..<40 {
            do throws(EnrolmentDesk.Fault) {
                _ = try await house.enrol(guess, machine, address: "10.9.9.9")
            } catch {
                if case .refusal(let refusal) = error { words.append(refusal.word) }
            }
        }
        #expect(words.prefix(30).allSatisfy { $0 == "tampered" })
        #expect(words.suffix(9).allSatisfy { $0 == "too-many" })
        // Said once, not at each knock.
        #expect(try await house.audit().count { $0 == "enrolment.too-many" } == 1)
        _ = try await house.enrol(bundle, machine, address: "10.9.9.8")
    }

    /// Fails as often as it can from there.
    private func exhaust(
        _ house: EnrolmentHouse, from addresses: [String]
    ) async throws -> [String] {
        let machine = try EnrolmentHouse.Machine()
        var words: [String] = []
        for address in addresses {
            do throws(EnrolmentDesk.Fault) {
                _ = try await house.desk.enrol(
                    bearer: "nothing", request: machine.request.der, facts: machine.facts,
                    .init(address: address, exporter: EnrolmentHouse.exporter))
            } catch {
                if case .refusal(let refusal) = error { words.append(refusal.word) }
            }
        }
        return words
    }

    @Test("A host that has a whole network of addresses is one host, and its neighbour another")
    func network() async throws {
        let house = try await EnrolmentHouse()
        let one = (0..<40).map { "2001:db8:0:1::\(String($0 + 1, radix: 16))" }
        let words = try await exhaust(house, from: one)
        #expect(words.prefix(30).allSatisfy { $0 == "unknown" })
        #expect(words.suffix(9).allSatisfy { $0 == "too-many" })
        #expect(try await exhaust(house, from: ["2001:db8:0:2::1"]) == ["unknown"])
    }

    @Test("Who proves a token or a certificate comes in from where others have failed too often")
    func proven() async throws {
        let house = try await EnrolmentHouse()
        let (bundle, machine) = (try await house.bundle(), try EnrolmentHouse.Machine())
        let words = try await exhaust(house, from: Array(repeating: "10.0.0.77", count: 50))
        #expect(words.last == "too-many")
        let answer = try await house.answer(bundle, machine)
        let renewed = try await house.desk.renew(
            serial: try Certificate(pem: answer.certificate).serial,
            request: try EnrolmentHouse.Machine().request.der,
            .init(address: "10.0.0.77", exporter: EnrolmentHouse.exporter))
        #expect(renewed.device == answer.device)
        // Which pays nothing back for the others.
        #expect(try await exhaust(house, from: ["10.0.0.77"]) == ["too-many"])
    }

    @Test("A stock agent with a good token comes in from where others have failed too often")
    func stockProven() async throws {
        let house = try await EnrolmentHouse()
        let stock = StockEnrolment(
            stores: house.stores, sealer: house.sealer, observer: DeviceObservers(),
            strangers: house.strangers)
        let made = try await house.desk.make(
            .init(
                kind: .provisioning, name: Name(stored: "Hall"), team: house.factory.team.id),
            by: .site)
        let token = try #require(made.code)
        var words: [String] = []
        for number in 0..<40 {
            do throws(StockEnrolment.Fault) {
                _ = try await stock.provision(
                    token: "\(token)\(number)", name: nil, type: nil, team: nil,
                    address: "2001:db8::\(number + 1)")
            } catch {
                if case .refusal(let refusal) = error { words.append(refusal.word) }
            }
        }
        #expect(words.prefix(30).allSatisfy { $0 == "unknown" })
        #expect(words.suffix(9).allSatisfy { $0 == "too-many" })
        _ = try await stock.provision(
            token: token, name: "press-7", type: nil, team: nil, address: "2001:db8::ff")
    }

    @Test("Strangers fill no audit trail: what they try is counted, and told of once a minute")
    func strangers() async throws {
        let house = try await EnrolmentHouse()
        house.uptime.stand()
        let before = try await house.audit().count
        func attempts() async throws {
            for network in 0..<60 {
                _ = try await exhaust(house, from: Array(repeating: "10.1.0.\(network)", count: 5))
            }
        }
        try await attempts()
        #expect(try await house.audit().count == before + 1)
        house.uptime.pass(.seconds(59))
        await house.strangers.settle()
        #expect(try await house.audit().count == before + 1)
        house.uptime.pass(.seconds(1))
        await house.strangers.settle()
        #expect(try await house.audit().count == before + 2)
        let told = try await house.stores.audit.list().items[0].event
        #expect(told.kind == "enrolment.strangers")
        #expect(told.text.contains("299 more") && told.text.contains("299 × unknown"))
        #expect(told.text.contains("10.1.0."))
        try await attempts()
        await house.strangers.settle()
        #expect(try await house.audit().count == before + 2, "a minute after the last")
        house.uptime.pass(.seconds(60))
        await house.strangers.settle()
        #expect(try await house.audit().count == before + 3)
        house.uptime.pass(.seconds(600))
        await house.strangers.settle()
        #expect(try await house.audit().count == before + 3, "nothing to tell")
        // What a token is named by is written each time.
        var wrong = try await house.bundle()
        wrong.secret = [UInt8](repeating: 0, count: 16)
        let known = try await house.audit().count
        for _ in 0..<3 {
            _ = try? await house.enrol(wrong, try EnrolmentHouse.Machine(), address: "10.2.0.1")
        }
        #expect(try await house.audit().count == known + 3)
    }
}
