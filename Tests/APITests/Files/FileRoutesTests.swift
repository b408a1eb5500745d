import API
import Basics
import Domain
import Glibc
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("File routes", .timeLimit(.minutes(10))) struct FileRoutesTests {
    @Test("Uploaded, listed, downloaded, moved and removed, each answer as it is described")
    func life() async throws {
        let house = try await InstanceHouse()
        let files = try await FileClient(house)
        #expect(try await files.list()["items"].array?.isEmpty == true)
        let put = try await files.put("report.csv", "a;b\n1;2\n")
        #expect(put.status == 201 && put["size"].int == 8 && put["kind"] == "file")
        #expect(try await files.put("report.csv", "a;b\n1;2\n3;4\n").status == 200)
        let folder = try await files.post("files/folders", ["path": "shifts/early"])
        #expect(folder.status == 201 && folder["kind"] == "folder", "\(folder.text)")
        let list = try await files.list()
        #expect(list["items"].array?.map { $0["name"] } == ["shifts", "report.csv"])
        #expect(list["count"].int == 2 && list["used"].int == 12 && list["quota"].int == 1 << 30)
        let got = try await files.call(.get, path: "report.csv")
        #expect(got.status == 200 && got.text == "a;b\n1;2\n3;4\n")
        #expect(got.headers[Header.contentType] == "application/octet-stream")
        #expect(got.headers[Header.xContentTypeOptions] == "nosniff")
        #expect(got.headers[Header.contentDisposition]?.hasPrefix("attachment; ") == true)
        let moved = try await files.post(
            "files/move", ["from": "report.csv", "to": "shifts/early/1.csv"])
        #expect(moved.status == 200 && moved["path"] == "shifts/early/1.csv", "\(moved.text)")
        #expect(try await files.list("shifts/early")["items"].array?.count == 1)
        #expect(try await files.call(.delete, path: "shifts").status == 204)
        #expect(try await files.list()["count"].int == 0)
        #expect(try await files.call(.get, path: "report.csv").status == 404)
        let audit = try await house.call(.get, "audit?kind=files").json["items"]?.array ?? []
        #expect(
            audit.compactMap { $0["kind"]?.string } == [
                "files.removed", "files.moved", "files.folder-created", "files.replaced",
                "files.uploaded",
            ])
        #expect(house.house.faults.all == [])
        await house.end()
    }

    @Test("Ranges, conditions and HEAD, as HTTP wants them")
    func http() async throws {
        let house = try await InstanceHouse()
        let files = try await FileClient(house)
        let tag = try #require(try await files.put("a", "0123456789").headers[Header.etag])
        func get(_ headers: (String, String)..., method: HTTP.Method = .get) async throws
            -> FileClient.Answer
        {
            try await files.call(method, path: "a", headers: headers)
        }
        let whole = try await get()
        #expect(whole.headers[Header.etag] == tag && whole.headers[Header.acceptRanges] == "bytes")
        let modified = try #require(whole.headers[Header.lastModified])
        for (range, text, where_) in [
            ("bytes=2-4", "234", "bytes 2-4/10"), ("bytes=7-", "789", "bytes 7-9/10"),
            ("bytes=-2", "89", "bytes 8-9/10"), ("bytes=0-99", "0123456789", "bytes 0-9/10"),
        ] {
            let part = try await get((Header.range, range))
            #expect(part.status == 206 && part.text == text)
            #expect(part.headers[Header.contentRange] == where_)
        }
        for range in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
            let none = try await get((Header.range, range))
            #expect(none.status == 416 && none.headers[Header.contentRange] == "bytes */10")
        }
        for range in ["bytes=0-1,4-5", "lines=1-2", "bytes=4-2", "bytes=x"] {
            #expect(try await get((Header.range, range)).status == 200, "\(range)")
        }
        #expect(try await get((Header.ifNoneMatch, tag)).status == 304)
        #expect(try await get((Header.ifModifiedSince, modified)).status == 304)
        #expect(try await get((Header.ifMatch, "\"other\"")).status == 412)
        #expect(
            try await get((Header.range, "bytes=1-1"), (Header.ifRange, tag)).status == 206)
        #expect(
            try await get((Header.range, "bytes=1-1"), (Header.ifRange, "\"x\"")).status == 200)
        #expect(try await get(method: .head).status == 200)
        // One who writes over what somebody else wrote meanwhile is told so.
        #expect(try await files.put("a", "new", [(Header.ifNoneMatch, "*")]).status == 412)
        #expect(try await files.put("a", "new", [(Header.ifMatch, "\"other\"")]).status == 412)
        #expect(try await files.put("a", "new", [(Header.ifMatch, tag)]).status == 200)
        #expect(try await files.put("empty", "").status == 201)
        #expect(try await files.call(.get, path: "empty").status == 200)
        await house.end()
    }

    @Test("Who may only look can only look, and others do not learn of it")
    func roles() async throws {
        let house = try await InstanceHouse()
        let scope = Scope.application(house.factory.application.id)
        let viewer = try await house.house.token(
            of: try await house.factory.user("vera", [(scope, .viewer)]))
        let files = try await FileClient(house, as: viewer)
        try Files.replace("\(files.root)/a", with: [65])
        #expect(try await files.list()["count"].int == 1)
        #expect(try await files.call(.get, path: "a").text == "A")
        #expect(try await files.put("b", "x").status == 403)
        #expect(try await files.call(.delete, path: "a").status == 403)
        #expect(try await files.post("files/folders", ["path": "f"]).status == 403)
        #expect(try await files.post("files/move", ["from": "a", "to": "b"]).status == 403)
        #expect(Files.exists("\(files.root)/a"))
        await house.end()
    }

    @Test(
        "No path leads out of the area",
        arguments: [
            "../secret", "/etc/passwd", "a/../../secret", "..", ".", "a//b", "link", "link/x",
            "dir/secret",
        ])
    func paths(path: String) async throws {
        let house = try await InstanceHouse()
        let files = try await FileClient(house)
        try Files.replace("\(house.state)/secret", with: Array("the key".utf8))
        symlink("\(house.state)/secret", "\(files.root)/link")
        symlink(house.state, "\(files.root)/dir")
        let before = try Files.list(house.state)
        for answer in [
            try await files.call(.get, path: path), try await files.list(path),
            try await files.put("\(path)/new", "x"),
            try await files.post("files/move", ["from": .string(path), "to": "dir/moved"]),
            try await files.post("files/folders", ["path": .string("\(path)/new")]),
        ] {
            #expect((400..<500).contains(answer.status), "\(answer.status) \(answer.text)")
            #expect(!answer.text.contains("the key"))
        }
        #expect(try Files.list(house.state) == before)
        await house.end()
    }

    @Test("A name with anything in it comes back as it is, and breaks no header")
    func names() async throws {
        let house = try await InstanceHouse()
        let files = try await FileClient(house)
        for name in ["a\nb", "\"x\"; evil=1", "ü…🏭", "a&b=c+d%20", " ", "x\r\nSet-Cookie: a=b"] {
            try Files.replace("\(files.root)/\(name)", with: Array(name.utf8))
            let got = try await files.call(.get, path: name)
            #expect(got.status == 200 && got.text == name)
            let header = try #require(got.headers[Header.contentDisposition])
            #expect(header.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(header)")
            #expect(header.hasSuffix("filename*=UTF-8''\(PercentCoding.encode(name))"))
            #expect(
                try await files.list()["items"].array?.contains { $0["name"]?.string == name }
                    == true)
            #expect(try await files.call(.delete, path: name).status == 204)
        }
        #expect(try await files.put("a\nb", "x").status == 422)
        #expect(FileAnswer.attachment("plan.csv").hasPrefix("attachment; filename=\"plan.csv\";"))
        await house.end()
    }

    @Test("Over the quota is 413 and says what is used; the settings change it")
    func quota() async throws {
        let house = try await InstanceHouse()
        let files = try await FileClient(house)
        let one = "instances/\(files.instance.id)"
        let changed = try await house.call(
            .patch, one, JSONObject([("filesQuotaMB", 1), ("filesServed", true)]))
        #expect(changed.json["filesQuotaMB"]?.int == 1 && changed.json["filesServed"] == true)
        #expect(
            changed.json["filesUrl"]?.string == "https://plant:8445/f/\(files.instance.slug)/")
        try Files.replace("\(files.root)/log", with: [UInt8](repeating: 65, count: 1 << 20))
        let refused = try await files.put("more", "x")
        #expect(refused.status == 413 && refused["type"] == "/problems/quota", "\(refused.text)")
        #expect(refused["detail"].string?.contains("1048576 bytes of 1048576 bytes") == true)
        #expect(try await files.list()["used"].int == 1 << 20)
        #expect(try await house.call(.patch, one, JSONObject([("filesQuotaMB", 0)])).status == 422)
        await house.end()
    }

    @Test("A restore puts the files back that belong to the version, and only where asked to")
    func restore() async throws {
        let house = try await InstanceHouse()
        let files = try await FileClient(house)
        let one = "instances/\(files.instance.id)"
        _ = try await house.call(.patch, one, JSONObject([("filesInVersions", true)]))
        _ = try await files.put("a", "first")
        func deploy() async throws -> JSONValue {
            try await house.call(.put, "\(one)/flows", JSONObject([("flows", [])])).json
        }
        #expect(try await deploy()["hasFiles"] == true)
        let versions = try await house.call(.get, "\(one)/versions").json["items"]?.array
        let id = try #require(versions?.first?["id"]?.string)
        let list = try await house.call(.get, "\(one)/versions/\(id)/files").json
        #expect(list["items"]?.array?.compactMap { $0["path"]?.string } == ["a"])
        _ = try await files.put("a", "second")
        _ = try await files.put("b", "late")
        let old = "versions/\(id)/files/content"
        #expect(try await files.call(.get, old, "a").text == "first")
        #expect(try await files.call(.get, old, "b").status == 404)
        func restore(_ more: (String, JSONValue)...) async throws -> HouseFixture.Answer {
            try await house.call(
                .post, "\(one)/restore", JSONObject([("version", .string(id))] + more))
        }
        let without = try await restore()
        #expect(without.status == 200 && without.json["filesRestored"]?.isNull == true)
        #expect(try await files.call(.get, path: "a").text == "second")
        _ = try await files.put("a", "third")
        #expect(try await restore(("files", true)).json["filesRestored"]?.int == 1)
        #expect(try await files.call(.get, path: "a").text == "first")
        #expect(try await files.call(.get, path: "b").text == "late")
        // What was there before is a version of its own, and comes back.
        let all = try await house.call(.get, "\(one)/versions").json["items"]?.array ?? []
        #expect(all.count == 4, "\(all.count)")
        let before = try #require(all[1]["id"]?.string)
        let again = try await house.call(
            .post, "\(one)/restore",
            JSONObject([("version", .string(before)), ("files", true)]))
        #expect(again.json["filesRestored"]?.int == 2, "\(again.text)")
        #expect(try await files.call(.get, path: "a").text == "third")
        let count = try await house.call(.get, "\(one)/versions").json["count"]
        // The newest version held what was there: none of its own was needed.
        #expect(count == 5)
        #expect(try await restore(("files", true), ("removeOthers", true)).status == 200)
        #expect(try await files.call(.get, path: "b").status == 404)
        #expect(house.house.faults.all == [])
        await house.end()
    }
}
