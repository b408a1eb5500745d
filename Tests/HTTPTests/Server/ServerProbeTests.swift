import Basics
import HTTP
import LinesideTesting
import Net
import Testing

/// Bytes for a server, and the statuses that must come back before it ends the connection.
struct Probe: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: String
    let statuses: [Int]

    var testDescription: String { name }

    init(_ name: String, _ bytes: String, _ statuses: [Int]) {
        self.name = name
        self.bytes = bytes
        self.statuses = statuses
    }

    static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    static func post(_ headers: String, _ body: String = "") -> String {
        "POST /echo HTTP/1.1\r\nHost: h\r\n\(headers)\r\n\(body)"
    }

    static func get(_ headers: String) -> String { "GET /ping HTTP/1.1\r\n\(headers)\r\n" }

    static let all: [Probe] = [
        Probe(
            "length and transfer coding",
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n") + smuggled,
            [400]),
        Probe(
            "two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello") + smuggled,
            [400]),
        Probe("length with a sign", post("Content-Length: +5\r\n", "hello"), [400]),
        Probe("length as a list", post("Content-Length: 5, 5\r\n", "hello"), [400]),
        Probe("unknown coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), [501]),
        Probe("two codings", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), [501]),
        Probe(
            "space before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), [400]),
        Probe(
            "transfer coding in HTTP/1.0",
            "POST /echo HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
        Probe(
            "chunk size in C",
            post("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n") + smuggled, [400]),
        Probe(
            "chunks with bare line feeds",
            post("Transfer-Encoding: chunked\r\n", "5\nhello\n0\n\n") + smuggled, [400]),
        Probe(
            "chunk longer than it says",
            post("Transfer-Encoding: chunked\r\n", "3\r\nhello\r\n0\r\n\r\n") + smuggled, [400]),
        Probe(
            "chunk size that overflows",
            post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nhello\r\n") + smuggled,
            [400]),
        Probe("head with bare line feeds", "GET /ping HTTP/1.1\nHost: h\n\n", [400]),
        Probe("folded header", get("Host: h\r\nX-A: 1\r\n 2\r\n"), [400]),
        Probe("NUL in a value", get("Host: h\r\nX-A: 1\0002\r\n"), [400]),
        Probe("bare carriage return", get("Host: h\r\nX-A: 1\r2\r\n"), [400]),
        Probe("header without a name", get("Host: h\r\n: 1\r\n"), [400]),
        Probe("no host", get("X-A: 1\r\n"), [400]),
        Probe("two hosts", get("Host: a\r\nHost: b\r\n"), [400]),
        Probe(
            "header of 64 KiB", get("Host: h\r\nX-A: \(String(repeating: "a", count: 65_536))\r\n"),
            [431]),
        Probe(
            "200 headers", get("Host: h\r\n" + String(repeating: "X-A: 1\r\n", count: 200)), [431]),
        Probe("space in the target", "GET /pi ng HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
        Probe("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505]),
        Probe("TLS where there is none", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0", [400]),
        Probe(
            "long target",
            "GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nHost: h\r\n\r\n", [414]),
        Probe("dot segments", "GET /a/%2e%2E/b HTTP/1.1\r\nHost: h\r\n\r\n", [400]),
        Probe(
            "chunked, then the next request",
            post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n") + smuggled,
            [200, 200]),
        Probe(
            "trailers are dropped",
            post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\nX-Evil: 1\r\n\r\n") + smuggled,
            [200, 200]),
        Probe("empty body by length", post("Content-Length: 0\r\n") + smuggled, [200, 200]),
        Probe("HTTP/1.0", "GET /ping HTTP/1.0\r\n\r\n", [200]),
        Probe("close is close", get("Host: h\r\nConnection: close\r\n") + smuggled, [200]),
    ]
}

@Suite("Server, probed", .timeLimit(.minutes(10))) struct ServerProbeTests {
    static let handler: Handler = { request in
        do throws(BodyFault) {
            let body = try await request.body.collect(upTo: .mebibytes(1))
            return .text("\(request.target.path) \(String(decoding: body, as: UTF8.self))")
        } catch { return .problem(error.problem) }
    }

    @Test("Each doubt about framing ends the connection", arguments: Probe.all)
    func probe(_ probe: Probe) async throws {
        let server = try TestServer(handler: Self.handler)
        let text = try await server.answer(to: probe.bytes)
        #expect(statuses(text) == probe.statuses)
        if probe.statuses != [200, 200] { #expect(!text.contains("/smuggled")) }
        await server.end()
    }

    @Test("Cut at every byte, a request means the same")
    func splits() async throws {
        let server = try TestServer(handler: Self.handler)
        let bytes = Array(
            (Probe.post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")
                + Probe.smuggled).utf8)
        for cut in 1..<bytes.count {
            let client = try await server.connect()
            let before = server.loop.counters.received
            await client.send(Array(bytes[..<cut]))
            // The server has looked at the first part before the second is sent.
            await until { server.loop.counters.received >= before + cut }
            await client.send(Array(bytes[cut...]))
            let text = await client.untilEnd()
            #expect(statuses(text) == [200, 200], "cut at \(cut)")
            #expect(text.contains("/echo hello"))
        }
        await server.end()
    }

    @Test("A head without a body goes out as it should: HEAD, 204, 304, 404")
    func bodiless() async throws {
        let server = try TestServer { request in
            switch request.target.path {
            case "/none": .empty()
            case "/same": .empty(304)
            default: .text("body")
            }
        }
        let text = try await server.answer(
            to: "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /none HTTP/1.1\r\nHost: h\r\n\r\n"
                + "GET /same HTTP/1.1\r\nHost: h\r\n\r\n"
                + "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(statuses(text) == [200, 204, 304, 200])
        #expect(text.count(of: "Content-Length: 4") == 2)
        #expect(text.count(of: "Content-Length") == 2)
        #expect(text.count(of: "body") == 1)
        #expect(text.count(of: "Date: ") == 4)
        await server.end()
    }
}
