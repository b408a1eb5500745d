import Basics
import Site
import Testing

@Suite("what our plugin tells")
struct InstanceEventTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func line(_ text: String) -> LogLine? {
        LogLine(Array(text.utf8)[...], nonce: "n1", at: Self.now)
    }

    @Test("flows that were stopped by hand are told apart from flows that run")
    func halted() {
        #expect(line(#"{"event":"flows:started","nonce":"n1"}"#) == .event(.flowsStarted))
        #expect(line(#"{"event":"flows:halted","nonce":"n1"}"#) == .event(.flowsHalted))
    }

    @Test("missing modules are named as missing types are")
    func missing() {
        let types = #"{"event":"missing-types","nonce":"n1","types":["lamp"]}"#
        let modules =
            #"{"event":"missing-modules","nonce":"n1","modules":[{"module":"lamp","error":"x"}]}"#
        #expect(line(types) == .event(.missing(["lamp"])))
        #expect(line(modules) == .event(.missing(["lamp"])))
    }

    @Test("an event of another process is only text")
    func foreign() {
        let told = line(#"{"event":"flows:started","nonce":"n2"}"#)
        #expect(told != .event(.flowsStarted))
    }
}
