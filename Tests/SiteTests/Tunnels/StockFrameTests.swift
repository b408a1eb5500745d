import Basics
import Testing

@testable import Site

@Suite("Stock tunnel frame") struct StockFrameTests {
    private func frame(_ text: String) -> StockFrame? { StockFrame(Array(text.utf8)) }

    @Test("An answer's body is the bytes that its numbers say")
    func answer() {
        #expect(
            frame(
                #"{"id":7,"status":200,"headers":{"content-type":"text/html","x":["a","b"]},"#
                    + #""body":{"type":"Buffer","data":[60,33,0,255]}}"#)
                == .answer(
                    id: 7, status: 200,
                    headers: [("content-type", "text/html"), ("x", "a"), ("x", "b")],
                    body: [60, 33, 0, 255]))
        #expect(
            frame(#"{"id":7,"body":{"type":"Buffer","data":[]},"status":204}"#)
                == .answer(id: 7, status: 204, headers: [], body: []))
        #expect(
            frame(#"{"id":7,"status":404}"#)
                == .answer(id: 7, status: 404, headers: [], body: []))
        let much = Array(repeating: "17", count: 300_000).joined(separator: ",")
        #expect(
            frame(#"{"id":1,"status":200,"body":{"type":"Buffer","data":[\#(much)]}}"#)
                == .answer(
                    id: 1, status: 200, headers: [],
                    body: [UInt8](repeating: 17, count: 300_000)))
    }

    @Test("Texts and ends of sockets are told from answers")
    func sockets() {
        #expect(
            frame(#"{"id":9,"ws":true,"body":"[{\"topic\":\"x\"}]"}"#)
                == .socketText(id: 9, #"[{"topic":"x"}]"#))
        #expect(frame(#"{"id":9,"ws":true,"closed":true}"#) == .socketClosed(id: 9))
        // What looks like a body inside a text is a text.
        #expect(
            frame(#"{"id":9,"ws":true,"body":"\"body\":{\"type\":\"Buffer\",\"data\":[1]"}"#)
                == .socketText(id: 9, #""body":{"type":"Buffer","data":[1]"#))
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", "{}", "[]", #"{"id":"7","status":200}"#, #"{"id":7}"#, #"{"id":7,"status":99}"#,
            #"{"id":7,"status":1000}"#, #"{"id":7,"ws":true}"#,
            #"{"id":7,"status":200,"body":{"type":"Buffer","data":[256]}}"#,
            #"{"id":7,"status":200,"body":{"type":"Buffer","data":[1,]}}"#,
            #"{"id":7,"status":200,"body":{"type":"Buffer","data":[,1]}}"#,
            #"{"id":7,"status":200,"body":{"type":"Buffer","data":[1 ,2]}}"#,
            #"{"id":7,"status":200,"body":{"type":"Buffer","data":[-1]}}"#,
            #"{"id":7,"status":200,"body":{"type":"Buffer","data":[1,2"#,
            #"{"id":7,"status":200,"body":{"type":"Buffer","data":[1]"#,
            "\"", "{\"", "{\"\\",
        ])
    func refused(text: String) {
        #expect(frame(text) == nil)
    }

    @Test("What is sent is as the agent wants it, quoted texts quoted once more")
    func requests() throws {
        let plain = StockFrame.request(
            id: 7, method: "POST", url: "/flows", headers: [("content-type", "application/json")],
            body: #"{"a":1}"#)
        let json = try JSONReader.read(Array(plain.utf8))
        #expect(json["id"]?.int == 7)
        #expect(json["url"]?.string == "/flows")
        #expect(json["body"]?.string == #"{"a":1}"#)
        #expect(json["headers"]?["content-type"]?.string == "application/json")
        let quoted = try JSONReader.read(
            Array(
                StockFrame.request(id: 7, method: "POST", url: "/x", headers: [], body: #""hi""#)
                    .utf8))
        #expect(quoted["body"]?.string == #""\"hi\"""#)
        let none = try JSONReader.read(
            Array(
                StockFrame.request(id: 8, method: "GET", url: "/x", headers: [], body: nil).utf8))
        #expect(none["body"] == nil)
    }

    @Test("No text whatever does more than be refused")
    func fuzz() {
        var random = SystemRandomNumberGenerator()
        let seeds = [
            #"{"id":7,"status":200,"headers":{"a":"b"},"body":{"type":"Buffer","data":[60,33]}}"#,
            #"{"id":9,"ws":true,"body":"{\"auth\":\"ok\"}"}"#,
        ]
        var read = 0
        for round in 0..<20_000 {
            var bytes = Array(seeds[round % 2].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.insert(.random(in: 0...255, using: &random), at: place)
                default: bytes.removeSubrange(place...)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            if StockFrame(bytes) != nil { read += 1 }
        }
        #expect(read < 20_000)
    }
}
