import Basics
import Testing

@testable import Domain

@Suite("What a probation says")
struct ProbationJudgeTests {
    static let rule = DesiredDocument.Probation(seconds: 60, lagMS: 200)

    static func running(
        _ rule: DesiredDocument.Probation = rule, before: Set<String>? = []
    ) -> ProbationJudge {
        var judge = ProbationJudge(rule, before: before, hasContact: false)
        judge.state(.starting, detail: nil, restarts: 0, at: .zero)
        judge.state(.running, detail: nil, restarts: 0, at: .seconds(2))
        judge.answer(after: .zero)
        return judge
    }

    @Test("flows that run for their time are good")
    func good() {
        let judge = Self.running()
        #expect(judge.verdict(at: .seconds(61)) == .watching)
        #expect(judge.endsAt == .seconds(62))
        #expect(judge.verdict(at: .seconds(62)) == .good)
    }

    @Test(
        "flows that never start are never good",
        arguments: [InstanceState.safe, .crashed, .unhealthy])
    func bad(state: InstanceState) {
        var judge = Self.running()
        judge.state(state, detail: "It is ill.", restarts: 0, at: .seconds(3))
        #expect(judge.verdict(at: .seconds(4)) == .bad("It is ill."))
    }

    @Test("a node counts that was not in error before")
    func errors() {
        var judge = Self.running(before: ["old"])
        judge.error(of: "old", named: "", type: "function", "still broken")
        #expect(judge.verdict(at: .seconds(62)) == .good)
        judge.error(of: "new", named: "Valve", type: "function", "boom\nstack")
        #expect(
            judge.verdict(at: .seconds(3))
                == .bad("The node “Valve” is in error and was not before: boom"))
        var first = Self.running(before: nil)
        first.error(of: "new", named: "", type: "function", "boom")
        #expect(first.verdict(at: .seconds(62)) == .good)
    }

    @Test("an event loop that is late in most samples is too late")
    func lag() {
        var judge = Self.running()
        for lag in [900.0, 10, 10, 10, 500] { judge.lag(lag) }
        #expect(judge.verdict(at: .seconds(62)) == .good)
        for _ in 0..<4 { judge.lag(250) }
        #expect(
            judge.verdict(at: .seconds(62))
                == .bad("The event loop is late by 250 ms; 200 ms are allowed."))
    }

    @Test("the appliance must be in reach only where that is asked for")
    func contact() {
        var rule = Self.rule
        rule.needsServer = true
        var judge = Self.running(rule)
        #expect(judge.verdict(at: .seconds(62)) != .good)
        judge.contact()
        #expect(judge.verdict(at: .seconds(62)) == .good)
    }

    @Test("one end of the process by itself is forgiven, two are not")
    func ends() {
        var judge = Self.running()
        judge.state(.backingOff, detail: nil, restarts: 1, at: .seconds(3))
        judge.state(.running, detail: nil, restarts: 1, at: .seconds(5))
        #expect(judge.verdict(at: .seconds(62)) == .watching)
        #expect(judge.verdict(at: .seconds(65)) == .good)
        judge.state(.running, detail: nil, restarts: 2, at: .seconds(66))
        #expect(judge.verdict(at: .seconds(67)) != .good)
    }
}
