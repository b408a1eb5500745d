import Basics
import HTTP
import Testing

@Suite("Cookies") struct CookieTests {
    @Test("A cookie is found among others")
    func finds() {
        let headers = Headers([("cookie", "a=1; __Host-lineside=s=x ;b=2"), ("cookie", "c=3")])
        #expect(Cookie.value("__Host-lineside", in: headers) == "s=x")
        #expect(Cookie.value("c", in: headers) == "3")
        #expect(Cookie.value("d", in: headers) == nil)
        #expect(Cookie.pairs(headers).map(\.name) == ["a", "__Host-lineside", "b", "c"])
    }

    @Test("A cookie that comes twice is nobody's")
    func twice() {
        #expect(Cookie.value("a", in: ["cookie": "a=1; a=2"]) == nil)
        #expect(Cookie.value("a", in: Headers([("cookie", "a=1"), ("cookie", "a=1")])) == nil)
    }

    @Test("Ours are dropped, the others stay as they were sent")
    func removes() {
        var headers = Headers([("cookie", "a=\"1\"; __Host-lineside=x; odd;; b= 2"), ("x", "y")])
        Cookie.remove(from: &headers) { $0.hasPrefix("__Host-lineside") }
        #expect(headers.all("cookie") == ["a=\"1\"; odd; b= 2"])
        Cookie.remove(from: &headers) { _ in true }
        #expect(!headers.contains("cookie"))
        #expect(headers["x"] == "y")
    }

    @Test("A cookie is set for the whole origin and out of reach of scripts")
    func sets() {
        #expect(
            SetCookie("__Host-lineside", "v", maxAge: .seconds(60)).text
                == "__Host-lineside=v; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=60")
        #expect(SetCookie.expiring("a").text.hasSuffix("Max-Age=0"))
    }
}

@Suite("Forms") struct FormTests {
    @Test("Fields are decoded")
    func decodes() throws {
        let fields = try Form.parse(Array("code=a%2Bb+c&empty=&%C3%BC=1&bare".utf8))
        #expect(fields == ["code": "a+b c", "empty": "", "ü": "1", "bare": ""])
    }

    @Test(
        "What is no form, or says a thing twice, is refused",
        arguments: ["a=%2", "a=%zz", "a=%00", "a=%ff", "a=1&a=2", "%61=1&a=2"])
    func refuses(text: String) {
        #expect(throws: Problem.self) { try Form.parse(Array(text.utf8)) }
    }

    @Test("A form has a type and a limit")
    func bounded() async throws {
        func request(_ type: String, _ body: String) throws -> Request {
            let head = RequestHead(
                method: .post, target: try RequestTarget("/"), headers: ["content-type": type])
            return Request(
                head: head, peer: Peer(address: "local"), body: RequestBody(Array(body.utf8)),
                id: "0123456789abcdef", secure: true, localPort: 0)
        }
        let form = "application/x-www-form-urlencoded"
        let fields = try await Form.read(try request("\(form); charset=utf-8", "code=1"))
        #expect(fields == ["code": "1"])
        await #expect(throws: Problem.self) {
            try await Form.read(try request("text/plain", "a=1"))
        }
        let long = String(repeating: "a", count: 20_000)
        await #expect(throws: Problem.tooLarge(limit: .kibibytes(16))) {
            try await Form.read(try request(form, long))
        }
        let many = (0..<65).map { "f\($0)=1" }.joined(separator: "&")
        #expect(throws: Problem.self) { try Form.parse(Array(many.utf8)) }
    }
}
