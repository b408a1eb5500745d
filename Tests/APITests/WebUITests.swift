import API
import Basics
import HTTP
import LinesideTesting
import Testing

@Suite("Web page") struct WebUITests {
    private static let index: StaticString = "<html>page</html>"
    private static let script: StaticString = "script"

    let page = WebUI([
        asset("/index.html", index), asset("/assets/app-0a1b2c3d4e.js", script),
    ])

    static func asset(_ path: String, _ text: StaticString) -> StaticFiles.Asset {
        // A literal lives as long as the process.
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return StaticFiles.Asset(
            path: path, bytes: StaticBytes(bytes), digest: String(repeating: "a", count: 64))
    }

    func get(_ path: String, _ method: HTTP.Method = .get) async throws -> (Int, Headers) {
        let head = RequestHead(method: method, target: try RequestTarget(path))
        let request = Request(
            head: head, peer: Peer(address: "local"), body: RequestBody([]), id: "0123456789abcdef",
            secure: true, localPort: 0)
        guard case .full(let status, let headers, _) = await page.answer(request) else {
            return (0, Headers())
        }
        return (status, headers)
    }

    @Test("Every address of the page's own router is the page", arguments: ["/", "/instances/x"])
    func router(path: String) async throws {
        let (status, headers) = try await get(path)
        #expect(status == 200)
        #expect(headers[Header.contentType]?.hasPrefix("text/html") == true)
        #expect(headers[Header.cacheControl] == "no-cache")
    }

    @Test("A file with a hash in its name is kept by browsers, one that is gone is a 404")
    func files() async throws {
        let (status, headers) = try await get("/assets/app-0a1b2c3d4e.js")
        #expect(status == 200)
        #expect(headers[Header.cacheControl]?.contains("immutable") == true)
        #expect(try await get("/assets/app-9999999999.js").0 == 404)
        #expect(try await get("/instances", .post).0 == 405)
    }
}
