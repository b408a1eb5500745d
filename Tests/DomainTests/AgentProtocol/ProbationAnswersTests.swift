import Basics
import Testing

@testable import Domain

@Suite("A new snapshot on probation")
struct ProbationAnswersTests {
    private static func judge(_ seconds: Int = 60, before: Set<String>? = []) -> ProbationJudge {
        var judge = ProbationJudge(.init(seconds: seconds), before: before, hasContact: false)
        judge.state(.running, detail: nil, restarts: 0, at: .seconds(1))
        return judge
    }

    private static func isBad(_ verdict: ProbationJudge.Verdict, _ words: String) -> Bool {
        guard case .bad(let reason) = verdict else { return false }
        return reason.contains(words)
    }

    @Test("is good when its time is up, it answered, and nothing bad was heard")
    func good() {
        var judge = Self.judge()
        judge.answer(after: .milliseconds(3))
        #expect(judge.verdict(at: .seconds(60)) == .watching)
        #expect(judge.verdict(at: .seconds(61)) == .good)
    }

    @Test("is bad when it does not answer, however quiet it is")
    func blocked() {
        var judge = Self.judge()
        judge.answer(after: nil)
        #expect(judge.verdict(at: .seconds(6)) == .watching)
        judge.answer(after: nil)
        #expect(Self.isBad(judge.verdict(at: .seconds(12)), "does not answer"))
    }

    @Test("is not good before it has answered, though its time is up")
    func silent() {
        var judge = Self.judge(1)
        #expect(judge.verdict(at: .seconds(90)) == .watching)
        judge.answer(after: nil)
        #expect(judge.verdict(at: .seconds(90)) == .watching)
        judge.answer(after: .milliseconds(1))
        #expect(judge.verdict(at: .seconds(90)) == .good)
    }

    @Test("is bad when most answers are late, and good when only the first are")
    func late() {
        var judge = Self.judge()
        for _ in 0..<5 { judge.answer(after: .milliseconds(400)) }
        #expect(Self.isBad(judge.verdict(at: .seconds(61)), "late by 400 ms"))
        for _ in 0..<6 { judge.answer(after: .milliseconds(4)) }
        #expect(judge.verdict(at: .seconds(61)) == .good)
    }

    @Test("an error counts of a node that was well before, where there is something to go back to")
    func errors() {
        var judge = Self.judge(before: ["ill"])
        judge.error(of: "ill", named: "", type: "modbus", "no answer")
        judge.answer(after: .milliseconds(1))
        #expect(judge.verdict(at: .seconds(61)) == .good)
        judge.error(of: "well", named: "Press", type: "modbus", "no answer")
        #expect(Self.isBad(judge.verdict(at: .seconds(2)), "“Press”"))
        var first = Self.judge(before: nil)
        first.error(of: "well", named: "", type: "modbus", "no answer")
        #expect(first.verdict(at: .seconds(2)) == .watching)
    }

    @Test("is bad when it ends by itself twice")
    func ends() {
        var judge = Self.judge()
        judge.state(.starting, detail: nil, restarts: 1, at: .seconds(3))
        #expect(judge.verdict(at: .seconds(200)) == .watching)
        #expect(Self.isBad(judge.verdict(at: .seconds(300)), "had not started"))
        judge.state(.starting, detail: nil, restarts: 2, at: .seconds(9))
        #expect(Self.isBad(judge.verdict(at: .seconds(9)), "more than once"))
    }
}
