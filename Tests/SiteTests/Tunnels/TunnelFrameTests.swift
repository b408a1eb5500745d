import Testing

@testable import Site

@Suite("Tunnel frame") struct TunnelFrameTests {
    @Test(
        "What is written is read again",
        arguments: [
            TunnelFrame(1, .open(to: "node-red")), TunnelFrame(.max, .data([0, 1, 255])),
            TunnelFrame(2, .window(262_144)), TunnelFrame(3, .end),
            TunnelFrame(4, .reset("connection refused")), TunnelFrame(5, .opened),
        ])
    func roundTrip(frame: TunnelFrame) {
        #expect(TunnelFrame(frame.bytes) == frame)
    }

    @Test("The bytes are those of the paper")
    func wire() {
        #expect(TunnelFrame(258, .data([9])).bytes == [0, 0, 1, 2, 1, 9])
        #expect(TunnelFrame(1, .window(65_536)).bytes == [0, 0, 0, 1, 2, 0, 1, 0, 0])
        #expect(
            TunnelFrame(7, .open(to: "node-red")).bytes
                == [0, 0, 0, 7, 0] + Array(#"{"to":"node-red"}"#.utf8))
    }

    @Test(
        "Anything else is none",
        arguments: [
            [], [0, 0, 0, 1], [0, 0, 0, 1, 6], [0, 0, 0, 1, 1], [0, 0, 0, 1, 2, 0, 0, 0],
            [0, 0, 0, 1, 2, 0, 0, 0, 0], [0, 0, 0, 1, 3, 0], [0, 0, 0, 1, 5, 0],
            [0, 0, 0, 1, 4, 0xFF], [0, 0, 0, 1, 0], [0, 0, 0, 1, 0] + Array("{}".utf8),
            [0, 0, 0, 1, 0] + Array(#"{"to":5}"#.utf8),
            [0, 0, 0, 1, 1] + [UInt8](repeating: 0, count: TunnelFrame.maxFrame),
        ] as [[UInt8]])
    func refused(bytes: [UInt8]) {
        #expect(TunnelFrame(bytes) == nil)
    }

    @Test("No bytes whatever are read as something that would be written otherwise")
    func fuzz() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50_000 {
            let count = Int.random(in: 0...40, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if bytes.count > 4 { bytes[4] %= 7 }
            guard let frame = TunnelFrame(bytes) else { continue }
            // An `open` may carry more than is understood of it.
            if case .open = frame.content { continue }
            #expect(frame.bytes == bytes)
        }
    }
}
