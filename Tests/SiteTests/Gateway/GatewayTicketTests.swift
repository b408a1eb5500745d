import Basics
import Domain
import Site
import Synchronization
import Testing

@Suite("Gateway ticket") struct GatewayTicketTests {
    let tickets = GatewayTickets(key: [UInt8](repeating: 7, count: 32))
    let ticket = GatewayTicket(
        side: .editors, session: .random(), instance: .random(),
        expiresAt: Timestamp(milliseconds: 1000))
    let before = Timestamp(milliseconds: 999)

    @Test("A ticket comes back whole, for its own side, until it expires")
    func survives() {
        let text = tickets.seal(ticket)
        #expect(tickets.open(text, side: .editors, at: before) == ticket)
        #expect(tickets.open(text, side: .pages, at: before) == nil)
        #expect(tickets.open(text, side: .editors, at: ticket.expiresAt) == nil)
    }

    @Test("A changed letter anywhere, and another site's key, are refused")
    func forged() {
        let text = Array(tickets.seal(ticket).utf8)
        for index in text.indices {
            var changed = text
            changed[index] =
                changed[index] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            let forged = String(decoding: changed, as: UTF8.self)
            #expect(tickets.open(forged, side: .editors, at: before) == nil, "letter \(index)")
        }
        let other = GatewayTickets(key: [UInt8](repeating: 8, count: 32))
        #expect(other.open(tickets.seal(ticket), side: .editors, at: before) == nil)
    }
}

final class FakeMoment: Sendable {
    private let value = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { value.withLock { $0 } }
    func advance(by duration: Duration) { value.withLock { $0 += duration } }
}

@Suite("One-time codes") struct OneTimeCodesTests {
    @Test("A code is taken once, and not after 30 s")
    func once() {
        let moment = FakeMoment()
        let codes = OneTimeCodes<Int>(now: { moment.now })
        let code = codes.issue(41)
        #expect(codes.redeem(code) == 41)
        #expect(codes.redeem(code) == nil)
        let late = codes.issue(42)
        moment.advance(by: .seconds(30))
        #expect(codes.redeem(late) == nil)
        #expect(codes.redeem("") == nil)
    }

    @Test("A flood of codes throws out the oldest")
    func bounded() {
        let moment = FakeMoment()
        let codes = OneTimeCodes<Int>(now: { moment.now })
        let first = codes.issue(0)
        moment.advance(by: .seconds(1))
        let rest = (1...1000).map { codes.issue($0) }
        #expect(codes.redeem(first) == nil)
        #expect(codes.redeem(rest[999]) == 1000)
    }
}
