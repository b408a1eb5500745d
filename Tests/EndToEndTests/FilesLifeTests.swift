import Basics
import Domain
import Glibc
import LinesideTesting
import Testing

/// What flows write people read, and the other way round, with the built executable. On a real
/// Node-RED where `LINESIDE_TEST_STACK` names one (.tgz), else on the practice runtime.
@Suite("Files of an instance", .timeLimit(.minutes(10))) struct FilesLifeTests {
    let directory = try? TemporaryDirectory()

    /// `POST write` writes out/report.csv, `GET read` answers with in.txt; both names are relative.
    private static let flows: JSONValue = [
        ["id": "t1", "type": "tab", "label": "Files"],
        [
            "id": "w1", "type": "http in", "z": "t1", "name": "", "url": "/write",
            "method": "post", "upload": false, "x": 100, "y": 100, "wires": [["w2"]],
        ],
        [
            "id": "w2", "type": "file", "z": "t1", "name": "", "filename": "out/report.csv",
            "filenameType": "str", "appendNewline": false, "createDir": true,
            "overwriteFile": "true", "encoding": "none", "x": 300, "y": 100, "wires": [["w3"]],
        ],
        [
            "id": "w3", "type": "http response", "z": "t1", "name": "", "statusCode": "200",
            "headers": [:], "x": 500, "y": 100, "wires": [],
        ],
        [
            "id": "r1", "type": "http in", "z": "t1", "name": "", "url": "/read",
            "method": "get", "upload": false, "x": 100, "y": 200, "wires": [["r2"]],
        ],
        [
            "id": "r2", "type": "file in", "z": "t1", "name": "", "filename": "in.txt",
            "filenameType": "str", "format": "utf8", "chunk": false, "sendError": false,
            "encoding": "none", "allProps": true, "x": 300, "y": 200, "wires": [["r3"]],
        ],
        [
            "id": "r3", "type": "http response", "z": "t1", "name": "", "statusCode": "200",
            "headers": [:], "x": 500, "y": 200, "wires": [],
        ],
    ]

    @Test("A flow writes, a person reads; a person uploads, a flow reads; both are served")
    func life() async throws {
        let directory = try #require(directory)
        let state = "\(directory.path)/state"
        var site = try await BuiltLineside(
            state: state, administrator: "ada:correct horse battery")
        let session = try CurlClient(site.origin)
        #expect(try await session.signIn("ada", "correct horse battery").status == 201)
        let token = try #require(
            try await session.post(
                "/api/v1/user/tokens",
                ["name": "files", "readOnly": false, "scope": "site", "expiresAt": .null])[
                    "secret"
                ].string)
        var client = try CurlClient(site.origin, bearer: token)
        let stack = try await site.addTestStack()
        let application = try await client.firstApplication()
        var wish: JSONValue = ["name": "Files", "flows": Self.flows]
        if let stack { wish = replacing(wish, "stack", .string(stack)) }
        let created = try await client.post(
            "/api/v1/applications/\(application)/instances", wish)
        #expect(created.status == 201, "\(created.text)")
        let id = try #require(created["id"].string)
        let instance = try await client.running(id)
        let one = "/api/v1/instances/\(id)"
        #expect(
            try await client.send(
                "PATCH", one, json: ["access": "open", "filesServed": true]
            ).status == 200)
        let url = try #require(instance["url"]?.string)
        let served = try #require(instance["filesUrl"]?.string)
        let pages = try CurlClient(
            url.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "//"))

        // The flow writes.
        let written = try await eventually("an answer of the flow") {
            let answer = try await pages.send("POST", "\(url)write", form: "payload=1")
            return answer.status == 200 ? answer : nil
        }
        #expect(written.status == 200)
        let report = "\(one)/files/content?path=out/report.csv"
        let got = try await client.get(report)
        #expect(got.status == 200 && got.text.contains("payload"), "\(got.text)")
        #expect(try await pages.get("\(served)out/report.csv").body == got.body)
        let listed = try await client.get("\(one)/files?path=out")
        #expect(listed["items"].array?.first?["name"] == "report.csv", "\(listed.text)")

        // The person uploads.
        let put = try await client.send(
            "PUT", "\(one)/files/content?path=in.txt", form: "from the office",
            headers: ["content-type": "application/octet-stream"])
        #expect(put.status == 201, "\(put.text)")
        #expect(try await pages.get("\(url)read").text == "from the office")

        // Closed is closed.
        #expect(
            try await client.send("PATCH", one, json: ["filesServed": false]).status == 200)
        #expect(try await pages.get("\(served)out/report.csv").status == 404)

        try await breaksOff(site, client, id, token)

        // So is a kill of the appliance in the middle of one.
        let upload = try upload(to: id, at: site, token)
        let passage = "\(state)/instances/\(id)/passage"
        _ = try await eventually("an upload under way") { Self.isGrowing(passage) ? true : nil }
        try await site.kill()
        upload.signal(SIGKILL)
        #expect(try Files.list(passage).count == 1)
        site = try await BuiltLineside(state: state)
        #expect(try Files.list(passage).isEmpty)
        client = try CurlClient(site.origin, bearer: token)
        #expect(
            try await client.get("\(one)/files")["items"].array?.compactMap { $0["name"]?.string }
                == ["out", "in.txt"])
        #expect(
            try await client.post("\(one)/actions", ["action": "stop"]).status == 202)
        let last = client
        _ = try await eventually("the end of the instance") {
            try await last.get(one)["pid"].isNull ? true : nil
        }
        #expect(try await site.stop() == 0)
    }

    /// A client that goes away in the middle of an upload leaves nothing.
    private func breaksOff(
        _ site: BuiltLineside, _ client: CurlClient, _ id: String, _ token: String
    ) async throws {
        let passage = "\(site.state)/instances/\(id)/passage"
        let upload = try upload(to: id, at: site, token)
        _ = try await eventually("an upload under way") { Self.isGrowing(passage) ? true : nil }
        upload.signal(SIGKILL)
        _ = try await eventually("nothing left of it") {
            try Files.list(passage).isEmpty ? true : nil
        }
        #expect(
            try await client.get("/api/v1/instances/\(id)/files/content?path=zeros").status == 404)
    }

    private func upload(
        to id: String, at site: BuiltLineside, _ token: String
    ) throws -> ProgramUnderTest {
        try ProgramUnderTest(
            "/usr/bin/curl",
            [
                "--silent", "--insecure", "--limit-rate", "4M", "--upload-file", "/dev/zero",
                "--header", "Authorization: Bearer \(token)",
                "\(site.origin)/api/v1/instances/\(id)/files/content?path=zeros",
            ], errors: "\(site.state)/../curl.log")
    }

    private static func isGrowing(_ passage: String) -> Bool {
        guard let name = try? Files.list(passage).first else { return false }
        var information = stat()
        return stat("\(passage)/\(name)", &information) == 0 && information.st_size > 0
    }
}
