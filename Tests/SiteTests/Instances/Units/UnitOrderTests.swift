import Basics
import Domain
import Testing

@testable import Site

@Suite("Orders for units", .timeLimit(.minutes(10))) struct UnitOrderTests {
    private static let id = Instance.ID("abcdefghij0123456789")

    @Test("Every order is read as it was written")
    func orders() throws {
        let id = try #require(Self.id)
        let orders: [UnitOrder] = [
            .start(id, memory: .mebibytes(810), processorPercent: 150),
            .start(id, memory: .mebibytes(810), processorPercent: nil),
            .terminate(id), .kill(id), .ending(id),
        ]
        for order in orders {
            #expect(order.line.utf8.count <= UnitOrder.limit)
            #expect(UnitOrder(line: String(order.line.dropLast())) == order)
        }
    }

    @Test(
        "What is no order is refused",
        arguments: [
            "", "start", "kill", "kill ../../etc", "kill abcdefghij0123456789 ",
            "kill  abcdefghij0123456789", "kill abcdefghij0123456789 now",
            "kill lineside.service", "kill ABCDEFGHIJ0123456789", "stop abcdefghij0123456789",
            "start abcdefghij0123456789", "start abcdefghij0123456789 1 0",
            "start abcdefghij0123456789 849346560 -1",
            "start abcdefghij0123456789 +849346560 0",
            "start abcdefghij0123456789 99999999999999999999 0",
            "kill abcdefghij01234567890123456",
            "kill abcdefghij0123456789\nkill abcdefghij0123456789",
        ])
    func nonsense(line: String) { #expect(UnitOrder(line: line) == nil) }

    @Test("Every answer is read as it was written, a sentence without its ends of lines")
    func answers() {
        let answers: [UnitAnswer] = [
            .done, .started(4711), .ended(.code(78)), .ended(.signal(9)), .ended(.unknown),
            .refused("no limits: not found"),
        ]
        for answer in answers {
            #expect(UnitAnswer(line: String(answer.line.dropLast())) == answer)
        }
        #expect(UnitAnswer.refused("a\nb").line == "refused a b\n")
        for line in ["", "ok pid 1", "ok pid x", "ok code", "fine"] {
            #expect(UnitAnswer(line: line) == nil, "\(line)")
        }
    }
}
