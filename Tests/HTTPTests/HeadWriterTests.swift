import HTTP
import Testing

@Suite("Head writer") struct HeadWriterTests {
    @Test("Framing is the writer's alone, whatever the headers say")
    func framing() throws {
        let headers = Headers([
            ("content-type", "text/plain"), ("content-length", "99"), ("connection", "x-foo"),
            ("transfer-encoding", "gzip"), ("keep-alive", "1"), ("upgrade", "h2c"),
            ("www-authenticate", "Basic"),
        ])
        let bytes = try HeadWriter.response(
            200, headers: headers, framing: .length(5), connection: .close,
            date: "Sat, 21 Nov 2026 06:30:00 GMT")
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nWww-Authenticate: Basic\r\n"
                + "Date: Sat, 21 Nov 2026 06:30:00 GMT\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
        )
    }

    @Test("An empty answer says so where a body could be, and only there")
    func empty() throws {
        func text(_ status: Int) throws -> String {
            let bytes = try HeadWriter.response(status, headers: Headers(), framing: .none)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try text(404).contains("Content-Length: 0\r\n"))
        #expect(try !text(204).contains("Content-Length"))
        #expect(try !text(304).contains("Content-Length"))
        #expect(try !text(100).contains("Content-Length"))
    }

    @Test("A request is written, upgrade included")
    func request() throws {
        let bytes = try HeadWriter.request(
            .get, target: "/comms?x", headers: ["host": "a"], framing: .none,
            connection: .upgrade("websocket"))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "GET /comms?x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\n\r\n")
    }

    @Test(
        "What would split the head is refused",
        arguments: ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "a\u{7F}"])
    func refuses(bad: String) {
        #expect(throws: HTTPFault.self) {
            try HeadWriter.response(200, headers: ["x": bad], framing: .none)
        }
        #expect(throws: HTTPFault.self) {
            try HeadWriter.response(200, headers: [bad: "x"], framing: .none)
        }
        #expect(throws: HTTPFault.self) {
            try HeadWriter.response(200, reason: bad, headers: [:], framing: .none)
        }
        #expect(throws: HTTPFault.self) {
            try HeadWriter.request(.get, target: "/\(bad)", headers: [:], framing: .none)
        }
        #expect(throws: HTTPFault.self) {
            try HeadWriter.request(.other(bad), target: "/", headers: [:], framing: .none)
        }
    }
}
