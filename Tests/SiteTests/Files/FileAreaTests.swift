import Basics
import Domain
import Glibc
import LinesideTesting
import Processes
import Store
import Testing

@testable import Site

/// An area in which a stranger has been.
@Suite("Files area", .timeLimit(.minutes(10))) struct FileAreaTests {
    private func names(
        _ house: FileHouse, _ path: String = "", limit: Int = 50, query: String? = nil
    ) throws -> [String] {
        try house.area.list(try house.path(path), PageRequest(limit: limit, query: query)).items
            .compactMap(\.path.name)
    }

    @Test("Before the first start there is an empty area, and no folder comes of looking")
    func missing() async throws {
        let house = try await FileHouse()
        try Files.removeTree(house.area.layout.root)
        #expect(try names(house).isEmpty)
        #expect(house.area.usage() == FileUsage())
        #expect(!Files.exists(house.area.layout.root))
        #expect(
            await fault { () throws(FileFault) in
                try house.area.list(FilePath.root.appending("x"), .first)
            }
                == .notFound(FilePath.root.appending("x")))
    }

    @Test("Folders come first, then names by their bytes, in pages that miss nothing")
    func pages() async throws {
        let house = try await FileHouse()
        for number in 0..<57 { try house.write("file \(number)", "x") }
        for number in 0..<9 { try house.write("folder \(number)/x", "x") }
        var seen: [String] = []
        var cursor: Cursor?
        repeat {
            let page = try house.area.list(.root, PageRequest(limit: 10, cursor: cursor))
            #expect(page.count == 66 && page.isComplete)
            seen += page.items.compactMap(\.path.name)
            cursor = page.next.map { Cursor($0) }
        } while cursor != nil
        #expect(seen.count == 66 && Set(seen).count == 66)
        #expect(seen.prefix(9).allSatisfy { $0.hasPrefix("folder") })
        #expect(Array(seen.dropFirst(9)) == seen.dropFirst(9).sorted())
        #expect(try names(house, query: "FOLDER 3") == ["folder 3"])
    }

    @Test(
        "Names with anything in them are listed, paged and opened; what no path can say is counted")
    func strangeNames() async throws {
        let house = try await FileHouse()
        let odd = [
            "a\nb", "\"quoted\"", "back\\slash", "…", "e\u{301}", "é", "<b>", " ", "-rf", "a\u{1}b",
            String(repeating: "\u{1}", count: 250), "%2e%2e", "..hidden", "🏭", "'; DROP TABLE--",
        ]
        for name in odd { try house.write(name, name) }
        // Latin-1 for "ü": no UTF-8.
        let raw: [CChar] =
            Array(house.root.utf8CString.dropLast()) + [47, CChar(bitPattern: 0xFC), 0]
        close(creat(raw, 0o600))
        var seen: [String] = []
        var cursor: Cursor?
        repeat {
            let page = try house.area.list(.root, PageRequest(limit: 4, cursor: cursor))
            #expect(page.unlisted == 1)
            seen += page.items.compactMap(\.path.name)
            // As it comes back from a client.
            cursor = try page.next.map { try #require(Cursor(text: Cursor($0).text)) }
        } while cursor != nil
        #expect(
            seen.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
                == odd.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
        for name in odd {
            let file = try house.area.open(try house.path(name))
            #expect(try await file.read(at: 0, count: 4_000) == Array(name.utf8))
        }
    }

    @Test("Links, pipes and second names are shown as other, never opened, and can be removed")
    func links() async throws {
        let house = try await FileHouse()
        try house.write("plain/file", "mine")
        symlink(house.secret, "\(house.root)/link")
        symlink(house.directory.path, "\(house.root)/out")
        symlink("\(house.root)/plain", "\(house.root)/in")
        link(house.secret, "\(house.root)/hard")
        mkfifo("\(house.root)/pipe", 0o600)
        for name in ["link", "out", "in", "hard", "pipe"] {
            let path = try house.path(name)
            #expect(try house.area.item(path).kind == .other, "\(name)")
            #expect(
                await fault { () throws(FileFault) in try house.area.open(path) }
                    == .notPlain(path), "\(name)")
        }
        for text in ["out/secret", "in/file", "link/x"] {
            let path = try house.path(text)
            #expect(
                await fault { () throws(FileFault) in try house.area.open(path) } != nil, "\(text)")
            #expect(await fault { () throws(FileFault) in try house.area.item(path) } != nil)
            #expect(
                await fault { () async throws(FileFault) in try await house.upload([1], text) }
                    != nil)
        }
        for name in ["link", "out", "in", "hard", "pipe"] {
            try await house.keeper.remove(try house.path(name), of: house.instance, by: .site)
        }
        #expect(try names(house) == ["plain"])
        #expect(house.text("plain/file") == "mine")
        #expect(try Files.read(house.secret) == Array("the key".utf8))
    }

    @Test("An area that is itself a link leads nowhere")
    func replacedArea() async throws {
        let house = try await FileHouse()
        try Files.removeTree(house.root)
        symlink(house.directory.path, house.root)
        #expect(
            await fault { () throws(FileFault) in try house.area.list(.root, .first) }
                == .notPlain(.root))
        #expect(
            await fault { () async throws(FileFault) in try await house.upload([1], "secret") }
                != nil)
        #expect(
            await fault { () async throws(FileFault) in
                try await house.keeper.remove(
                    FilePath.root.appending("secret"), of: house.instance, by: .site)
            } != nil)
        #expect(house.area.usage() == FileUsage())
        #expect(try Files.read(house.secret) == Array("the key".utf8))
    }

    @Test("A folder with more names than are looked at says so and costs no more")
    func hugeFolder() async throws {
        let house = try await FileHouse()
        for number in 0..<300 { close(creat("\(house.root)/\(number)", 0o600)) }
        let directory = try house.area.folder(.root)
        var seen = 0
        let all = try directory.forEachName(limit: 100) { _, _ in seen += 1 }
        #expect(!all && seen == 100)
        var window = FileWindow(PageRequest(limit: 5))
        for number in 0..<100_000 { window.add(String(99_999 - number), isFolder: false) }
        #expect(window.page.keys.map(\.name) == ["0", "1", "10", "100", "1000"])
        #expect(window.count == 100_000 && window.page.hasMore)
    }

    @Test("A tree deeper than any path is counted as far as it goes, and removed")
    func deepTree() async throws {
        let house = try await FileHouse()
        try house.write("deep/file", "1234")
        let depth = 2_000
        var current = open("\(house.root)/deep", O_RDONLY | O_DIRECTORY)
        for _ in 0..<depth {
            mkdirat(current, "a-folder-with-a-long-name", 0o700)
            let next = openat(current, "a-folder-with-a-long-name", O_RDONLY | O_DIRECTORY)
            close(current)
            current = next
        }
        close(current)
        let usage = house.area.usage()
        #expect(usage.bytes == 4 && !usage.isComplete && usage.folders <= FilePath.deepest + 1)
        try await house.keeper.remove(try house.path("deep"), of: house.instance, by: .site)
        #expect(try names(house).isEmpty && house.leftovers.isEmpty)
    }

    @Test("A sparse file counts with the size that it shows, however large")
    func sparse() async throws {
        let house = try await FileHouse()
        let file = creat("\(house.root)/sparse", 0o600)
        #expect(ftruncate(file, 1 << 42) == 0)
        close(file)
        #expect(house.area.usage().bytes == 1 << 42)
        var usage = FileUsage(bytes: .max - 1)
        usage.add(.max)
        #expect(usage.bytes == .max)
        let opened = try house.area.open(try house.path("sparse"))
        #expect(try await opened.read(at: 1 << 41, count: 8) == [UInt8](repeating: 0, count: 8))
    }

    @Test("A folder that forbids writing can still be moved and removed")
    func forbidden() async throws {
        let house = try await FileHouse()
        try house.write("closed/inner/file", "x")
        chmod("\(house.root)/closed/inner", 0o500)
        chmod("\(house.root)/closed", 0o500)
        try await house.keeper.remove(try house.path("closed"), of: house.instance, by: .site)
        #expect(try names(house).isEmpty && house.leftovers.isEmpty)
    }

    @Test("What changes its content changes its entity tag")
    func etags() async throws {
        let house = try await FileHouse()
        try house.write("a", "one")
        let path = try house.path("a")
        let first = try house.area.item(path).etag
        #expect(try house.area.item(path).etag == first)
        try house.write("a", "two")
        #expect(try house.area.item(path).etag != first)
    }

    @Test("A reader of a file that is cut meanwhile sees the end, not somebody else's bytes")
    func cut() async throws {
        let house = try await FileHouse()
        try house.write("log", String(repeating: "x", count: 10_000))
        let file = try house.area.open(try house.path("log"))
        truncate("\(house.root)/log", 100)
        #expect(try await file.read(at: 0, count: 10_000).count == 100)
        #expect(try await file.read(at: 5_000, count: 10).isEmpty)
    }
}
