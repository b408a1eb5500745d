import Basics
import HTTP
import Testing

@Suite("Static files") struct StaticFilesTests {
    private static func bytes(_ text: StaticString) -> StaticBytes {
        StaticBytes(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private let files = StaticFiles([
        .init(path: "/index.html", bytes: bytes("0123456789abcdef"), digest: "aa"),
        .init(path: "/index.html.gz", bytes: bytes("gzip"), digest: "bb"),
        .init(path: "/index.html.br", bytes: bytes("br"), digest: "cc"),
        .init(path: "/assets/main-A1B2C3D4.js", bytes: bytes("js"), digest: "dd"),
        .init(path: "/assets/main-A1B2C3D4.js.br", bytes: bytes("longer than js"), digest: "ee"),
        .init(path: "/dark-mode.css", bytes: bytes("css"), digest: "ff"),
        .init(path: "/bundle.tgz.gz", bytes: bytes("alone"), digest: "gg"),
    ])

    private struct Answer { var status: Int, headers: Headers, body: String }

    private func get(
        _ path: String, _ headers: Headers = [:], method: HTTP.Method = .get
    ) throws -> Answer? {
        let head = RequestHead(
            method: method, target: try RequestTarget(path), headers: headers)
        guard case .full(let status, let headers, let body) = files.response(head, path: path)
        else { return nil }
        var text = ""
        if case .static(let bytes) = body {
            text = String(decoding: bytes.buffer, as: UTF8.self)
        } else if case .bytes(let bytes) = body {
            text = String(decoding: bytes, as: UTF8.self)
        }
        return Answer(status: status, headers: headers, body: text)
    }

    @Test(
        "The smallest coding that the client takes is sent",
        arguments: [
            (nil, nil, "0123456789abcdef"),
            ("gzip, deflate, br", "br", "br"),
            ("gzip", "gzip", "gzip"),
            ("br;q=0, *", "gzip", "gzip"),
            ("BR;q=0.5", "br", "br"),
            ("identity", nil, "0123456789abcdef"),
            ("br;q=0.000, gzip;q=0", nil, "0123456789abcdef"),
        ] as [(String?, String?, String)])
    func codings(accept: String?, coding: String?, body: String) throws {
        let headers = Headers(accept.map { [("accept-encoding", $0)] } ?? [])
        let answer = try #require(try get("/index.html", headers))
        #expect(answer.headers["content-encoding"] == coding)
        #expect(answer.body == body)
        #expect(answer.headers["vary"] == "Accept-Encoding")
        #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
    }

    @Test(
        "A coding that is longer than the file is not sent, and codings are no files of their own")
    func uselessCoding() throws {
        let answer = try #require(
            try get("/assets/main-A1B2C3D4.js", ["accept-encoding": "br"]))
        #expect(answer.body == "js")
        #expect(try get("/index.html.br") == nil)
        #expect(try get("/bundle.tgz.gz")?.body == "alone")
        #expect(try get("/nothing") == nil)
    }

    @Test("Names with a hash are kept for ever, others are asked for each time")
    func caching() throws {
        let hashed = try #require(try get("/assets/main-A1B2C3D4.js"))
        #expect(hashed.headers["cache-control"] == "public, max-age=31536000, immutable")
        #expect(try get("/index.html")?.headers["cache-control"] == "no-cache")
        #expect(try get("/dark-mode.css")?.headers["cache-control"] == "no-cache")
    }

    @Test("A file that the client has is not sent again; each coding has a tag of its own")
    func conditions() throws {
        let plain = try #require(try get("/index.html")?.headers["etag"])
        let coded = try #require(
            try get("/index.html", ["accept-encoding": "br"])?.headers["etag"])
        #expect(plain != coded)
        let known = try #require(try get("/index.html", ["if-none-match": "\"x\", W/\(plain)"]))
        #expect(known.status == 304 && known.body.isEmpty)
        #expect(known.headers["etag"] == plain)
        #expect(try get("/index.html", ["if-none-match": coded])?.status == 200)
        #expect(try get("/index.html", ["if-none-match": "*"])?.status == 304)
        #expect(try get("/index.html", ["if-match": "\"x\""])?.status == 412)
        #expect(try get("/index.html", ["if-match": plain])?.status == 200)
    }

    @Test(
        "One range of bytes is served",
        arguments: [
            ("bytes=0-3", 206, "0123", "bytes 0-3/16"),
            ("bytes=10-", 206, "abcdef", "bytes 10-15/16"),
            ("bytes=-4", 206, "cdef", "bytes 12-15/16"),
            ("bytes=-99", 206, "0123456789abcdef", "bytes 0-15/16"),
            ("bytes=14-99", 206, "ef", "bytes 14-15/16"),
            ("bytes=16-", 416, "", "bytes */16"),
            ("bytes=-0", 416, "", "bytes */16"),
            ("bytes=5-3", 200, "0123456789abcdef", nil),
            ("bytes=0-1,4-5", 200, "0123456789abcdef", nil),
            ("lines=0-1", 200, "0123456789abcdef", nil),
            ("bytes=a-b", 200, "0123456789abcdef", nil),
            ("bytes=--1", 200, "0123456789abcdef", nil),
            ("bytes=0x1-2", 200, "0123456789abcdef", nil),
        ] as [(String, Int, String, String?)])
    func ranges(range: String, status: Int, body: String, contentRange: String?) throws {
        let answer = try #require(
            try get("/index.html", ["range": range, "accept-encoding": "br"]))
        #expect(answer.status == status)
        #expect(answer.body == body)
        #expect(answer.headers["content-range"] == contentRange)
        #expect(answer.headers["content-encoding"] == nil)
    }

    @Test("A range of another state of the file gives the whole")
    func ifRange() throws {
        let etag = try #require(try get("/index.html")?.headers["etag"])
        let same = try #require(try get("/index.html", ["range": "bytes=0-0", "if-range": etag]))
        #expect(same.status == 206)
        let other = try #require(
            try get("/index.html", ["range": "bytes=0-0", "if-range": "\"x\""]))
        #expect(other.status == 200)
    }

    @Test("Files are only read")
    func methods() throws {
        let answer = try #require(try get("/index.html", method: .post))
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "GET, HEAD")
    }

    @Test("A date decides where there is no tag to decide")
    func dates() throws {
        let modified = try #require(Timestamp(rfc3339: "2026-11-21T06:30:00.500Z"))
        func outcome(_ headers: Headers) throws -> Preconditions.Outcome {
            let head = RequestHead(method: .get, target: try RequestTarget("/"), headers: headers)
            return Preconditions.decide(head, etag: "\"e\"", modified: modified, size: 1)
        }
        let same = "Sat, 21 Nov 2026 06:30:00 GMT"
        #expect(try outcome(["if-modified-since": same]) == .notModified)
        #expect(try outcome(["if-modified-since": "Sat, 21 Nov 2026 06:29:59 GMT"]) == .full)
        #expect(try outcome(["if-modified-since": "yesterday"]) == .full)
        #expect(try outcome(["if-modified-since": same, "if-none-match": "\"x\""]) == .full)
    }
}
