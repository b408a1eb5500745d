import HTTP
import Testing

@Suite("Headers") struct HeadersTests {
    @Test("Names are found whatever their case, and kept in lower case")
    func caseInsensitive() {
        var headers = Headers([("Content-Type", "text/plain"), ("X-A", "1")])
        #expect(headers["CONTENT-type"] == "text/plain")
        #expect(headers.pairs.map(\.name) == ["content-type", "x-a"])
        headers["x-A"] = "2"
        #expect(headers.all("X-a") == ["2"])
        headers["x-a"] = nil
        #expect(!headers.contains("x-a"))
        #expect(headers.count == 1)
    }

    @Test("Fields of one name keep their order, and the first is what the subscript gives")
    func order() {
        var headers = Headers([("set-cookie", "a=1"), ("vary", "x"), ("Set-Cookie", "b=2")])
        #expect(headers.all("set-cookie") == ["a=1", "b=2"])
        #expect(headers["set-cookie"] == "a=1")
        headers.removeAll { name, value in name == "set-cookie" && value.hasPrefix("a") }
        #expect(headers == Headers([("vary", "x"), ("set-cookie", "b=2")]))
    }

    @Test("Fields of others are added behind, whatever was there and removed before")
    func adding() {
        var headers: Headers = ["a": "1", "b": "2", "c": "3"]
        headers.remove("b")
        headers.add(contentsOf: ["B": "4", "d": "5"])
        headers.add(contentsOf: Headers())
        headers.add("e", "6")
        #expect(headers == ["a": "1", "c": "3", "b": "4", "d": "5", "e": "6"])
    }

    @Test("Members of a list are split, trimmed and lower-case")
    func tokens() {
        let headers = Headers([("connection", "Close,\t X-Foo ,,"), ("Connection", "upgrade")])
        #expect(headers.tokens("connection") == ["close", "x-foo", "upgrade"])
    }
}
