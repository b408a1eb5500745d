import Basics
import Testing

@Suite("JSON") struct JSONTests {
    @Test("What was written is read back, digit for digit")
    func roundTrip() throws {
        let text =
            #"{"a":[1,-0.5e+3,12345678901234567890],"b":{"c":null,"d":true},"e":"é\n\u0001😀"}"#
        let value = try JSONReader.read(Array(text.utf8))
        #expect(value["e"]?.string == "é\n\u{1}😀")
        #expect(String(decoding: value.json, as: UTF8.self) == text)
    }

    @Test(
        "Bad input is refused with its reason",
        arguments: [
            (#"{"a":1,"a":2}"#, JSONError.Reason.duplicateKey), (#"{"a":1"#, .unfinished),
            (#"[1,]"#, .unexpected), ("01", .unexpected), ("[1] x", .unexpected),
            (#""\ud800""#, .unexpected), ("\"\u{1}\"", .unexpected), ("nul", .unfinished),
            (String(repeating: "[", count: 100), .tooDeep), ("", .unfinished), ("-", .unfinished),
        ])
    func refuses(text: String, reason: JSONError.Reason) {
        let error = #expect(throws: JSONError.self) { try JSONReader.read(Array(text.utf8)) }
        #expect(error?.reason == reason)
    }

    @Test("Bytes that are not UTF-8 and bodies that are too large are refused")
    func bounds() {
        let notText = #expect(throws: JSONError.self) {
            try JSONReader.read([0x22, 0xC0, 0xAF, 0x22])
        }
        #expect(notText?.reason == .notUTF8)
        let large = #expect(throws: JSONError.self) {
            try JSONReader.read(Array("[1,2,3]".utf8), limit: 6)
        }
        #expect(large?.reason == .tooLarge)
    }

    @Test("A key with null is absent, a wrong kind names its field")
    func fields() throws {
        let object = try #require(try JSONReader.read(Array(#"{"a":null,"b":"1"}"#.utf8)).object)
        #expect(try object.optionalInt("a") == nil)
        #expect(object.isNull("a"))
        #expect(throws: JSONFieldError(field: "b", reason: "must be a whole number")) {
            try object.int("b")
        }
        #expect(throws: JSONFieldError(field: "a", reason: "is missing")) { try object.string("a") }
    }
}
