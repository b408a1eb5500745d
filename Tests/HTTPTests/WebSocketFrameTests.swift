import HTTP
import Testing

/// After the list of the Autobahn test suite: framing, pings and pongs, reserved bits, opcodes,
/// fragmentation, UTF-8, close handshake, limits.
@Suite("WebSocket frames") struct WebSocketFrameTests {
    typealias Event = WebSocketFrameDecoder.Event
    typealias Opcode = WebSocketFrameEncoder.Opcode

    enum Outcome: Equatable { case events([Event]), fault(UInt16) }

    static func decode(
        _ bytes: [UInt8], role: WebSocketFrameDecoder.Role = .client, piece: Int = .max,
        maxMessage: Int = 1 << 20
    ) -> Outcome {
        var decoder = WebSocketFrameDecoder(role: role, maxMessage: maxMessage)
        var events: [Event] = []
        var index = 0
        while index < bytes.count {
            let end = piece == .max ? bytes.count : min(bytes.count, index + piece)
            do {
                let (consumed, event) = try bytes[index..<end].withUnsafeBytes {
                    try decoder.decode($0)
                }
                index += consumed
                if let event { events.append(event) }
            } catch WebSocketFault.violation(let code, _) {
                return .fault(code)
            } catch { return .fault(0) }
        }
        return .events(events)
    }

    static func frame(
        _ opcode: Opcode, _ payload: [UInt8], final: Bool = true, mask: UInt32? = nil
    ) -> [UInt8] {
        WebSocketFrameEncoder.frame(opcode, payload, isFinal: final, mask: mask)
    }

    static func text(_ text: String, final: Bool = true) -> [UInt8] {
        frame(.text, Array(text.utf8), final: final)
    }

    @Test(
        "Messages of every length form survive, masked or not, however they are cut",
        arguments: [0, 1, 7, 8, 9, 125, 126, 127, 128, 65_535, 65_536, 65_537])
    func lengths(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let sides: [(WebSocketFrameDecoder.Role, UInt32?)] = [
            (.client, nil), (.server, 0x1234_5678),
        ]
        for (role, mask) in sides {
            let bytes = Self.frame(.binary, payload, mask: mask)
            for piece in [Int.max, 997, 13] {
                let outcome = Self.decode(bytes, role: role, piece: piece)
                #expect(outcome == .events([.message(.binary(payload))]))
            }
            if count < 200 {
                #expect(
                    Self.decode(bytes, role: role, piece: 1)
                        == .events([.message(.binary(payload))]))
            }
        }
    }

    @Test("The example of RFC 6455 §5.7 is read")
    func example() {
        let bytes: [UInt8] = [
            0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58,
        ]
        #expect(Self.decode(bytes, role: .server) == .events([.message(.text("Hello"))]))
    }

    @Test("Control frames come between fragments, and the message is whole in the end")
    func fragments() {
        let bytes =
            Self.text("gr", final: false) + Self.frame(.ping, [1])
            + Self.frame(.continuation, [0xC3], final: false) + Self.frame(.pong, [])
            + Self.frame(.continuation, [], final: false)
            + Self.frame(.continuation, [0xB6, 0x21])
            + Self.text("next")
        for piece in [Int.max, 1, 2, 3] {
            #expect(
                Self.decode(bytes, piece: piece)
                    == .events([
                        .ping([1]), .pong([]), .message(.text("grö!")), .message(.text("next")),
                    ]))
        }
    }

    struct Violation: Sendable, CustomTestStringConvertible {
        var name: String
        var code: UInt16
        var bytes: [UInt8]
        var testDescription: String { name }
        init(_ name: String, _ code: UInt16, _ bytes: [UInt8]) {
            (self.name, self.code, self.bytes) = (name, code, bytes)
        }
    }

    static let violations: [Violation] =
        [
            Violation("first reserved bit", 1002, [0xC1, 0]),
            Violation("second reserved bit", 1002, [0xA1, 0]),
            Violation("third reserved bit", 1002, [0x91, 0]),
            Violation("reserved bit on a control frame", 1002, [0xD9, 0]),
            Violation("continuation of nothing", 1002, frame(.continuation, [1])),
            Violation(
                "continuation behind the end", 1002, text("a") + frame(.continuation, [1])),
            Violation(
                "text inside a text", 1002, text("a", final: false) + text("b")),
            Violation(
                "binary inside a text", 1002, text("a", final: false) + frame(.binary, [1])),
            Violation("ping in parts", 1002, frame(.ping, [1], final: false)),
            Violation("close in parts", 1002, frame(.close, [], final: false)),
            Violation(
                "ping of 126 bytes", 1002, frame(.ping, [UInt8](repeating: 0, count: 126))),
            Violation(
                "close of 126 bytes", 1002, frame(.close, [UInt8](repeating: 0x33, count: 126))),
            Violation("masked by the server", 1002, frame(.text, [0x61], mask: 1)),
            Violation("length in more bytes than it needs", 1002, [0x82, 126, 0, 125]),
            Violation(
                "long length that is short", 1002, [0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
            Violation("negative length", 1002, [0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            Violation("too long", 1009, [0x82, 127, 0, 0, 0, 0, 0, 0x20, 0, 0]),
            Violation("close with one byte", 1002, frame(.close, [3])),
            Violation("reason that is not UTF-8", 1007, frame(.close, [3, 0xE8, 0xFF])),
            Violation("cut letter at the end", 1007, frame(.text, [0x61, 0xC3])),
            Violation(
                "cut letter at the end of fragments", 1007,
                frame(.text, [0xE2, 0x82], final: false) + frame(.continuation, [])),
            Violation("overlong slash", 1007, frame(.text, [0xC0, 0xAF])),
            Violation("overlong in three", 1007, frame(.text, [0xE0, 0x80, 0xAF])),
            Violation("overlong in four", 1007, frame(.text, [0xF0, 0x80, 0x80, 0xAF])),
            Violation("surrogate", 1007, frame(.text, [0xED, 0xA0, 0x80])),
            Violation("past U+10FFFF", 1007, frame(.text, [0xF4, 0x90, 0x80, 0x80])),
            Violation("five bytes", 1007, frame(.text, [0xF8, 0x88, 0x80, 0x80, 0x80])),
            Violation("continuation byte alone", 1007, frame(.text, [0x80])),
            Violation("0xFE", 1007, frame(.text, [0xFE])),
            Violation(
                "letter broken over fragments", 1007,
                frame(.text, [0xC3], final: false) + frame(.continuation, [0x41])),
        ]
        + [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map {
            Violation("opcode \($0)", 1002, [0x80 | $0, 0])
        }
        + [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map {
            Violation("close code \($0)", 1002, frame(.close, [UInt8($0 >> 8), UInt8($0 & 0xFF)]))
        }

    @Test("What breaks RFC 6455 ends the connection with the right code", arguments: violations)
    func refuses(violation: Violation) {
        for piece in [Int.max, 1, 3] {
            #expect(Self.decode(violation.bytes, piece: piece) == .fault(violation.code))
        }
    }

    @Test("A client that does not mask is refused")
    func unmasked() {
        #expect(Self.decode(Self.text("a"), role: .server) == .fault(1002))
    }

    @Test("Bad text is refused before its frame is whole")
    func failsFast() {
        let bytes = Self.frame(.text, [0x61, 0xFF] + [UInt8](repeating: 0x61, count: 1000))
        #expect(Self.decode(Array(bytes.prefix(8))) == .fault(1007))
    }

    @Test("Letters at the borders of UTF-8 pass, whole and byte by byte")
    func validText() {
        let text = "\u{0}\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}"
        for piece in [Int.max, 1] {
            #expect(
                Self.decode(Self.text(text), piece: piece) == .events([.message(.text(text))]))
        }
        let parts = text.utf8.enumerated().flatMap { index, byte in
            Self.frame(index == 0 ? .text : .continuation, [byte], final: false)
        }
        let whole = parts + Self.frame(.continuation, [])
        #expect(Self.decode(whole) == .events([.message(.text(text))]))
    }

    @Test(
        "Close codes that may be sent are taken",
        arguments: [1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999])
    func closeCodes(code: Int) {
        let bytes = WebSocketFrameEncoder.close(code: UInt16(code), reason: "bye", mask: nil)
        // What follows is not looked at any more.
        let outcome = Self.decode(bytes + [0xFF, 0xFF])
        #expect(outcome == .events([.close(code: UInt16(code), reason: "bye")]))
    }

    @Test("A close without a code has one in our words")
    func bareClose() {
        #expect(Self.decode(Self.frame(.close, [])) == .events([.close(code: 1005, reason: "")]))
    }

    @Test("A message has a limit over all its fragments")
    func limit() {
        let part = [UInt8](repeating: 1, count: 60)
        let bytes =
            Self.frame(.binary, part, final: false) + Self.frame(.continuation, part, final: false)
        #expect(Self.decode(bytes, maxMessage: 120) == .events([]))
        #expect(Self.decode(bytes, maxMessage: 119) == .fault(1009))
    }

    @Test("A long reason is cut between two letters")
    func longReason() {
        let bytes = WebSocketFrameEncoder.close(
            code: 1011, reason: String(repeating: "ü", count: 100), mask: nil)
        #expect(bytes.count == 2 + 2 + 122)
        #expect(
            Self.decode(bytes)
                == .events([.close(code: 1011, reason: String(repeating: "ü", count: 61))]))
    }
}
