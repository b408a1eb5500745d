import HTTP
import Testing

@Suite("Chunked coding") struct ChunkedTests {
    /// `nil` if the bytes are refused, else what came out and whether the end was seen.
    private func decode(_ text: String, piece: Int = .max) -> (body: String, done: Bool)? {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count, !decoder.isDone {
            let end = piece == .max ? bytes.count : min(bytes.count, index + piece)
            do {
                index += try bytes[index..<end].withUnsafeBytes {
                    try decoder.decode($0, into: &body)
                }
            } catch { return nil }
        }
        return (String(decoding: body, as: UTF8.self), decoder.isDone)
    }

    @Test(
        "Sound chunks are joined",
        arguments: [
            ("0\r\n\r\n", ""),
            ("5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("0005\r\nhello\r\n1\r\n!\r\n000\r\n\r\n", "hello!"),
            ("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"),
            ("5;name=value;other=\"x y\"\r\nhello\r\n0;last\r\n\r\n", "hello"),
            ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n"),
            ("0\r\nExpires: never\r\nX:\r\n\r\n", ""),
        ])
    func joins(text: String, body: String) throws {
        for piece in [.max, 1, 2, 3] {
            let result = try #require(decode(text, piece: piece))
            #expect(result.body == body)
            #expect(result.done)
        }
    }

    @Test(
        "Chunk syntax that another reader could take otherwise is refused",
        arguments: [
            "0x5\r\nhello\r\n0\r\n\r\n",
            "5\nhello\n0\n\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\nhello\r\n0\r\n\r\n",
            "5\rhello\r\n",
            "+5\r\nhello\r\n0\r\n\r\n",
            "-5\r\nhello\r\n0\r\n\r\n",
            " 5\r\nhello\r\n0\r\n\r\n",
            "5 \r\nhello\r\n0\r\n\r\n",
            "5 ;x\r\nhello\r\n0\r\n\r\n",
            "\r\nhello\r\n0\r\n\r\n",
            ";x\r\nhello\r\n0\r\n\r\n",
            "5\r\nhelloo\r\n0\r\n\r\n",
            "4\r\nhello\r\n0\r\n\r\n",
            "5;x\ny\r\nhello\r\n0\r\n\r\n",
            "5;x\ry\r\nhello\r\n0\r\n\r\n",
            "5;\r\nhello\r\n0\r\n\r\n",
            "5; x\r\nhello\r\n0\r\n\r\n",
            "5;x=\r\nhello\r\n0\r\n\r\n",
            "5;x=ü\r\nhello\r\n0\r\n\r\n",
            "5;x=\"y\"z\r\nhello\r\n0\r\n\r\n",
            "5;x=\"y\r\nhello\r\n0\r\n\r\n",
            "5;=y\r\nhello\r\n0\r\n\r\n",
            "5;\0\r\nhello\r\n0\r\n\r\n",
            "ffffffffffffffff\r\n",
            "0000000000000000\r\n\r\n",
            "g\r\n",
            "0\r\nno colon\r\n\r\n",
            "0\r\n: x\r\n\r\n",
            "0\r\n folded: x\r\n\r\n",
            "0\r\nX : y\r\n\r\n",
            "0\r\nX: y\n\r\n",
            "0\r\nX: \0\r\n\r\n",
            "0\r\n\rX",
            "0\n\n",
        ])
    func refuses(text: String) {
        for piece in [Int.max, 1, 4] { #expect(decode(text, piece: piece) == nil) }
    }

    @Test("Extensions and trailers have an end")
    func bounded() {
        let flood = String(repeating: "1;\(String(repeating: "e", count: 60))\r\na\r\n", count: 100)
        #expect(decode(flood) == nil)
        #expect(decode("0\r\n" + String(repeating: "X: y\r\n", count: 3000)) == nil)
    }

    @Test("What the encoder writes the decoder reads")
    func roundTrip() throws {
        let parts = ["a", String(repeating: "b", count: 70_000), "c"]
        let bytes = parts.flatMap { ChunkedEncoder.chunk(Array($0.utf8)) } + ChunkedEncoder.last
        let result = try #require(decode(String(decoding: bytes, as: UTF8.self), piece: 1000))
        #expect(result.body == parts.joined())
        #expect(result.done)
    }

    @Test("A body that ends with its connection is whole only if its framing says so")
    func atClose() {
        func isWhole(_ framing: BodyFraming) -> Bool {
            var decoder = BodyDecoder(framing)
            return decoder.close()
        }
        #expect(isWhole(.untilClose))
        #expect(isWhole(.none))
        #expect(!isWhole(.length(3)))
        #expect(!isWhole(.chunked))
    }
}
