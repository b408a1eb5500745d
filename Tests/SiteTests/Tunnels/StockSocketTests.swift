import Testing

@testable import Site

@Suite("Sockets of a stock agent's editor") struct StockSocketTests {
    @Test("What waits for a slow browser is bounded in bytes; one message of any size may wait")
    func bounded() {
        let text = String(repeating: "x", count: 100_000)
        let slow = StockSocket { _ in true }
        for number in 1...10 { #expect(slow.deliver(text), "\(number)") }
        #expect(!slow.deliver(text))
        let large = StockSocket { _ in true }
        #expect(large.deliver(String(repeating: "x", count: 5_000_000)))
        #expect(!large.deliver(""))
    }
}
