import HTTP
import Testing

@Suite("Request parser") struct RequestParserTests {
    @Test("A request is taken apart")
    func parses() throws {
        let text =
            "POST /api/v1/x%20y?q=1 HTTP/1.1\r\nHost: plant:8443\r\nContent-Length: 5\r\n"
            + "Connection: keep-alive, Upgrade\r\nUPGRADE: WebSocket\r\nX-Empty:\r\n"
            + "X-Text:\t größer \t\r\nExpect: 100-continue\r\n\r\n"
        let (head, rest) = try #require(try Parsing.request(text + "hello"))
        #expect(head.method == .post)
        #expect(head.target.segments == ["api", "v1", "x y"])
        #expect(head.target.first("q") == "1")
        #expect(head.framing == .length(5))
        #expect(head.keepAlive && head.expectsContinue && head.minorVersion == 1)
        #expect(head.upgrade == "websocket")
        #expect(head.headers["x-empty"] == "")
        #expect(head.headers["x-text"] == "größer")
        #expect(rest == "hello")
    }

    @Test("Who asks in HTTP/1.0 gets one answer, unless it asks to stay")
    func oldVersion() throws {
        let plain = try #require(try Parsing.request("GET / HTTP/1.0\r\n\r\n"))
        #expect(!plain.0.keepAlive && plain.0.minorVersion == 0)
        let stays = try Parsing.request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        #expect(try #require(stays).0.keepAlive)
        let ends = try Parsing.request("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n")
        #expect(try #require(ends).0.keepAlive == false)
    }

    struct Probe: Sendable, CustomTestStringConvertible {
        var name: String
        var status: Int
        var text: String
        var testDescription: String { name }
        init(_ name: String, _ status: Int, _ text: String) {
            (self.name, self.status, self.text) = (name, status, text)
        }
    }

    static let host = "Host: a\r\n"
    static let post = "POST / HTTP/1.1\r\nHost: a\r\n"

    /// What smuggles a request past one reader or another. Every one of them is refused.
    static let probes: [Probe] = [
        Probe(
            "length and chunked", 400,
            post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Probe(
            "chunked and length", 400,
            post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
        Probe(
            "two different lengths", 400, post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        Probe(
            "the same length twice", 400, post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
        Probe("length with sign", 400, post + "Content-Length: +5\r\n\r\n"),
        Probe("negative length", 400, post + "Content-Length: -5\r\n\r\n"),
        Probe("length as list", 400, post + "Content-Length: 5, 5\r\n\r\n"),
        Probe("hexadecimal length", 400, post + "Content-Length: 0x5\r\n\r\n"),
        Probe("length with a space in it", 400, post + "Content-Length: 5 5\r\n\r\n"),
        Probe("empty length", 400, post + "Content-Length:\r\n\r\n"),
        Probe("length past 64 bits", 400, post + "Content-Length: 99999999999999999999\r\n\r\n"),
        Probe("xchunked", 501, post + "Transfer-Encoding: xchunked\r\n\r\n"),
        Probe("gzip, chunked", 501, post + "Transfer-Encoding: gzip, chunked\r\n\r\n"),
        Probe("chunked, identity", 501, post + "Transfer-Encoding: chunked, identity\r\n\r\n"),
        Probe("identity", 501, post + "Transfer-Encoding: identity\r\n\r\n"),
        Probe("quoted coding", 501, post + "Transfer-Encoding: \"chunked\"\r\n\r\n"),
        Probe(
            "two codings", 400,
            post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Probe("space before the colon", 400, post + "Transfer-Encoding : chunked\r\n\r\n"),
        Probe("tab before the colon", 400, post + "Transfer-Encoding\t: chunked\r\n\r\n"),
        Probe(
            "coding behind a vertical tab", 400, post + "Transfer-Encoding: \u{B}chunked\r\n\r\n"),
        Probe(
            "coding in HTTP/1.0", 400,
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Probe("bare line feeds", 400, "GET / HTTP/1.1\nHost: a\n\n"),
        Probe("one bare line feed", 400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
        Probe("bare carriage return", 400, "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"),
        Probe("carriage return at the end of a value", 400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
        Probe("folded line", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n"),
        Probe("folded first line", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Probe("NUL in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n"),
        Probe("NUL in a name", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n"),
        Probe("DEL in a value", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\u{7F}\r\n\r\n"),
        Probe("empty name", 400, "GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n"),
        Probe("line without colon", 400, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
        Probe("letter past ASCII in a name", 400, "GET / HTTP/1.1\r\nHost: a\r\nX-ü: y\r\n\r\n"),
        Probe("no host", 400, "GET / HTTP/1.1\r\nX: y\r\n\r\n"),
        Probe("two hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        Probe("two hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        Probe("empty host", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        Probe("host with user", 400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
        Probe("host list", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Probe("host with path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Probe("other expectation", 417, post + "Expect: 200-ok\r\n\r\n"),
        Probe("space in the target", 400, "GET /a b HTTP/1.1\r\n\(host)\r\n"),
        Probe("two spaces", 400, "GET  / HTTP/1.1\r\n\(host)\r\n"),
        Probe("tab between the parts", 400, "GET\t/ HTTP/1.1\r\n\(host)\r\n"),
        Probe("space behind the version", 400, "GET / HTTP/1.1 \r\n\(host)\r\n"),
        Probe("no version", 400, "GET /\r\n\r\n"),
        Probe("version in small letters", 400, "GET / http/1.1\r\n\(host)\r\n"),
        Probe("version of two digits", 400, "GET / HTTP/1.10\r\n\(host)\r\n"),
        Probe("HTTP/1.2", 505, "GET / HTTP/1.2\r\n\(host)\r\n"),
        Probe("HTTP/2 preface", 505, "PRI * HTTP/2.0\r\n\r\n"),
        Probe("TLS to a plain port", 400, "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}"),
        Probe("brace instead of a method", 400, "{\"a\":1}"),
        Probe("space in front", 400, " GET / HTTP/1.1\r\n\(host)\r\n"),
        Probe("two empty lines in front", 400, "\r\n\r\nGET / HTTP/1.1\r\n\(host)\r\n"),
        Probe("absolute target", 400, "GET http://b/ HTTP/1.1\r\n\(host)\r\n"),
        Probe("authority target", 400, "CONNECT b:443 HTTP/1.1\r\n\(host)\r\n"),
        Probe("star for GET", 400, "GET * HTTP/1.1\r\n\(host)\r\n"),
        Probe("fragment", 400, "GET /a#b HTTP/1.1\r\n\(host)\r\n"),
        Probe("dot segments", 400, "GET /a/../b HTTP/1.1\r\n\(host)\r\n"),
        Probe("dot segment at the end", 400, "GET /a/. HTTP/1.1\r\n\(host)\r\n"),
        Probe("coded dot segments", 400, "GET /a/%2E%2e/b HTTP/1.1\r\n\(host)\r\n"),
        Probe("half coded dot segment", 400, "GET /a/.%2e?x HTTP/1.1\r\n\(host)\r\n"),
        Probe("dot segment behind a coded slash", 400, "GET /a%2f..%2fb HTTP/1.1\r\n\(host)\r\n"),
        Probe("dot segment behind a coded backslash", 400, "GET /a%5C.. HTTP/1.1\r\n\(host)\r\n"),
        Probe("backslash", 400, "GET /a\\b HTTP/1.1\r\n\(host)\r\n"),
        Probe("coded NUL", 400, "GET /a%00 HTTP/1.1\r\n\(host)\r\n"),
        Probe("broken coding", 400, "GET /a%2 HTTP/1.1\r\n\(host)\r\n"),
        Probe("letters past ASCII", 400, "GET /ü HTTP/1.1\r\n\(host)\r\n"),
        Probe(
            "long target", 414,
            "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n\(host)\r\n"),
        Probe("endless target", 414, "GET /\(String(repeating: "a", count: 70_000))"),
        Probe(
            "64 KB header", 431,
            "GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 65_536))\r\n\r\n"),
        Probe(
            "200 headers", 431,
            "GET / HTTP/1.1\r\n\(host)\(String(repeating: "X: y\r\n", count: 200))\r\n"),
        Probe(
            "endless method", 501, "\(String(repeating: "A", count: 60)) / HTTP/1.1\r\n\(host)\r\n"),
        Probe("two upgrades", 400, "GET / HTTP/1.1\r\n\(host)Upgrade: a\r\nUpgrade: b\r\n\r\n"),
    ]

    @Test("What two readers could understand differently is refused", arguments: probes)
    func refuses(probe: Probe) {
        #expect(Parsing.refusal(probe.text)?.status == probe.status)
    }

    @Test("A refusal does not depend on how the bytes arrive", arguments: probes)
    func refusesInPieces(probe: Probe) {
        guard probe.text.utf8.count < 1000 else { return }
        #expect(Parsing.refusal(probe.text, piece: 1)?.status == probe.status)
        #expect(Parsing.refusal(probe.text, piece: 7)?.status == probe.status)
    }

    @Test("Bytes that are not UTF-8 in a value are refused")
    func latin1() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xE4] + Array("\r\n\r\n".utf8)
        #expect(Parsing.refusal(bytes)?.status == 400)
    }

    @Test("However a pipelined stream is cut, the same requests come out")
    func everyCut() throws {
        let text =
            "GET /one HTTP/1.1\r\nHost: a\r\nX-Long: \(String(repeating: "v", count: 50))\r\n\r\n"
            + "\r\nPOST /two HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\nbody"
            + "POST /three HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: Chunked\r\n\r\n"
            + "3;x=\"y\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nT: u\r\n\r\n"
            + "OPTIONS * HTTP/1.1\r\nHost: d\r\n\r\n"
        let whole = try Parsing.requests(text, cuts: [])
        #expect(
            whole.map { "\($0.0.method.text) \($0.0.target.raw) \($0.1)" } == [
                "GET /one ", "POST /two body", "POST /three abc0123456789", "OPTIONS * ",
            ])
        let count = text.utf8.count
        for cut in 1..<count {
            let pieces = try Parsing.requests(text, cuts: [cut])
            #expect(pieces.map(\.0) == whole.map(\.0), "cut at \(cut)")
            #expect(pieces.map(\.1) == whole.map(\.1), "cut at \(cut)")
        }
        let single = try Parsing.requests(text, cuts: Array(1..<count))
        #expect(single.map(\.0) == whole.map(\.0))
        #expect(single.map(\.1) == whole.map(\.1))
    }

    @Test("A head at the limit is taken, one byte more is not, in one piece or in many")
    func headLimit() throws {
        func text(_ count: Int) -> String {
            let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
            let padding = String(repeating: "p", count: count - frame.utf8.count)
            return frame.replacing(
                frame, with: "GET / HTTP/1.1\r\nHost: a\r\nX: \(padding)\r\n\r\n")
        }
        #expect(try Parsing.request(text(16_384)) != nil)
        #expect(try Parsing.request(text(16_384), piece: 100) != nil)
        #expect(Parsing.refusal(text(16_385))?.status == 431)
        #expect(Parsing.refusal(text(16_385), piece: 100)?.status == 431)
    }
}
