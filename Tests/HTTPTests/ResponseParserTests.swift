import HTTP
import Testing

@Suite("Response parser") struct ResponseParserTests {
    private func parse(_ text: String, _ method: Method = .get, piece: Int = .max) throws
        -> (ResponseHead, String)?
    {
        var parser = ResponseParser(answering: method)
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let end = piece == .max ? bytes.count : min(bytes.count, index + piece)
            let step = try bytes[index..<end].withUnsafeBytes { try parser.feed($0) }
            index += step.consumed
            if let head = step.head {
                return (head, String(decoding: bytes[index...], as: UTF8.self))
            }
        }
        return nil
    }

    @Test("An answer is taken apart, in one piece or byte by byte")
    func parses() throws {
        let text = "HTTP/1.1 404 Not Found at all\r\nContent-Length: 2\r\nX: y\r\n\r\nno"
        for piece in [Int.max, 1] {
            let (head, rest) = try #require(try parse(text, piece: piece))
            #expect(head.status == 404)
            #expect(head.reason == "Not Found at all")
            #expect(head.framing == .length(2))
            #expect(head.keepAlive)
            #expect(head.headers["x"] == "y")
            if piece == .max { #expect(rest == "no") }
        }
    }

    @Test("The end of the body follows from method, status and fields")
    func framing() throws {
        func framing(_ text: String, _ method: Method = .get) throws -> BodyFraming {
            try #require(try parse(text, method)).0.framing
        }
        let length = "Content-Length: 5\r\n\r\n"
        #expect(try framing("HTTP/1.1 200 OK\r\n\(length)", .head) == .none)
        #expect(try framing("HTTP/1.1 304 Not Modified\r\n\(length)") == .none)
        #expect(try framing("HTTP/1.1 204 No Content\r\n\r\n") == .none)
        #expect(try framing("HTTP/1.1 101 Switching Protocols\r\n\r\n") == .none)
        #expect(try framing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") == .chunked)
        #expect(try framing("HTTP/1.1 200\r\n\r\n") == .untilClose)
        #expect(try framing("HTTP/1.0 200 \r\n\r\n") == .untilClose)
        #expect(try framing("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == .none)
    }

    @Test("A connection whose answer ends with it is not used again")
    func keepAlive() throws {
        func stays(_ text: String) throws -> Bool { try #require(try parse(text)).0.keepAlive }
        #expect(try !stays("HTTP/1.1 200 OK\r\n\r\n"))
        #expect(try !stays("HTTP/1.1 204 OK\r\nConnection: close\r\n\r\n"))
        #expect(try !stays("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n"))
        let polite = "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n"
        #expect(try stays(polite))
    }

    @Test(
        "An answer whose framing is in doubt is refused",
        arguments: [
            "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
            "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 O\0K\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1 \r\n x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX y\r\n\r\n",
        ])
    func refuses(text: String) {
        #expect(throws: HTTPFault.self) { try parse(text) }
        #expect(throws: HTTPFault.self) { try parse(text, piece: 1) }
    }

    @Test("Letters of the old kind pass through an answer untouched")
    func opaque() throws {
        let bytes =
            Array("HTTP/1.1 200 OK\r\nX: ".utf8) + [0xE4]
            + Array("\r\nContent-Length: 0\r\n\r\n".utf8)
        var parser = ResponseParser(answering: .get)
        let head = try bytes.withUnsafeBytes { try parser.feed($0).head }
        let written = try HeadWriter.response(
            200, headers: try #require(head).headers, framing: .none)
        #expect(written.contains(0xE4))
    }
}
