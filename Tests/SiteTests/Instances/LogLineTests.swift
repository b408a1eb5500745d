import Basics
import Domain
import Site
import Testing

@Suite("Log line") struct LogLineTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func read(_ text: String) -> LogLine? {
        LogLine(Array(text.utf8)[...], nonce: "n1", at: Self.now)
    }

    private func record(_ text: String) -> LogRecord? {
        if case .record(let record) = read(text) { record } else { nil }
    }

    @Test("A record keeps time, level, node and text")
    func record() {
        let line = #"{"t":5,"level":"warn","type":"function","id":"a1","name":"Mix","msg":"low"}"#
        #expect(
            record(line)
                == LogRecord(
                    at: Timestamp(milliseconds: 5), level: .warn,
                    source: .init(type: "function", id: "a1", name: "Mix"), text: "low"))
    }

    @Test(
        "What is no record of ours is a line of text, whatever it looks like",
        arguments: [
            "plain", "{", #"{"level":"loud","msg":"x"}"#, #"{"level":"info"}"#, "[1,2]", "null",
            #"{"level":"info","msg":7}"#, #"{"event":"listening","nonce":"other"}"#,
            #"{"event":"unheard-of","nonce":"n1"}"#,
        ])
    func text(_ line: String) {
        #expect(record(line)?.text == line)
        #expect(record(line)?.level == .info)
    }

    @Test("Blank lines are left out")
    func blank() {
        for line in ["", "   ", "\t", "\r"] { #expect(read(line) == nil) }
    }

    @Test("Events count only with the nonce of the running process")
    func events() {
        let types = #""types":["a",7,{"module":"m"}]"#
        #expect(read(#"{"event":"listening","nonce":"n1"}"#) == .event(.listening))
        #expect(
            read(#"{"event":"missing-types","nonce":"n1",\#(types)}"#)
                == .event(.missing(["a", "m"])))
        #expect(read(#"{"event":"flows:halted","nonce":"n1"}"#) == .event(.flowsHalted))
        #expect(read(#"{"event":"dropped","nonce":"n1","count":-3}"#) == .event(.dropped(-3)))
    }

    @Test(
        "A time in the future, before 1970 or of another kind is now",
        arguments: [
            "9999999999999999", "-1", "\"x\"", "1.5", "99999999999999999999999999",
        ])
    func time(_ time: String) {
        #expect(record(#"{"t":\#(time),"level":"info","msg":"x"}"#)?.at == Self.now)
    }

    @Test("Terminal orders are taken out of the text, line breaks stay")
    func control() {
        let line = #"{"level":"info","msg":"a\u001b[2Jb\nc\r\u0000"}"#
        #expect(record(line)?.text == "a\u{FFFD}[2Jb\nc\u{FFFD}")
    }

    @Test("A long text is cut, broken UTF-8 is repaired")
    func long() throws {
        let text = try #require(record(String(repeating: "x", count: 30_000))?.text)
        #expect(text.utf8.count < 8200 && text.hasSuffix("…"))
        let broken = LogLine([0xFF, 0x41][...], nonce: "", at: Self.now)
        #expect(broken == .record(LogRecord(at: Self.now, level: .info, text: "\u{FFFD}A")))
    }

    @Test("The last words of V8 and of Node-RED are told apart from chatter")
    func lastWords() {
        #expect(record("FATAL ERROR: Reached heap limit")?.level == .fatal)
        #expect(record("[red] Uncaught Exception:")?.level == .error)
        #expect(record(#"{"level":"audit","msg":"flows.set by anna"}"#)?.source?.type == "audit")
    }

    @Test("Numbers of a process that lies do no harm")
    func numbers() {
        let huge = #""rss":9223372036854775807,"cpuUser":9223372036854775807,"cpuSystem":-5"#
        let line = #"{"event":"resources","nonce":"n1","t":1,\#(huge)}"#
        guard case .event(.resources(let usage)) = read(line) else {
            Issue.record("no sample")
            return
        }
        #expect(usage.rss == .max && usage.processorTime > .zero)
    }

    /// Any bytes at all: a reader that traps would take the appliance with it.
    @Test("Random bytes never trap the reader")
    func random() {
        let seeds = [
            #"{"t":5,"level":"warn","msg":"low"}"#,
            #"{"event":"resources","nonce":"n1","rss":1,"cpuUser":2}"#,
            #"{"event":"modules","nonce":"n1","modules":[{"name":"a","version":"1"}]}"#,
        ]
        var generator = SystemRandomNumberGenerator()
        for round in 0..<3000 {
            var bytes = Array(seeds[round % seeds.count].utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                    UInt8.random(in: 0...255, using: &generator)
            }
            if case .record(let record) = LogLine(bytes[...], nonce: "n1", at: Self.now) {
                #expect(record.text.utf8.count < 9000)
            }
        }
    }
}
