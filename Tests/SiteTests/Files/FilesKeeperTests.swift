import Basics
import Domain
import Glibc
import HTTP
import LinesideTesting
import Store
import Synchronization
import Testing

@testable import Site

@Suite("Files keeper", .timeLimit(.minutes(10))) struct FilesKeeperTests {
    @Test("An upload is there whole, replaces whole, and leaves its trace")
    func upload() async throws {
        let house = try await FileHouse()
        let first = try await house.upload(Array("one".utf8), "report.csv")
        #expect(first.isNew && first.item.size == 3 && house.text("report.csv") == "one")
        let second = try await house.upload(Array("two!".utf8), "report.csv")
        #expect(!second.isNew && house.text("report.csv") == "two!")
        var information = stat()
        stat("\(house.root)/report.csv", &information)
        #expect(information.st_mode & 0o777 == 0o660)
        let events = try await house.events()
        #expect(events.map(\.event.kind) == ["files.replaced", "files.uploaded"])
        #expect(events.first?.event.object?.id == house.instance.id.text)
        #expect(house.leftovers.isEmpty)
    }

    @Test("A body that comes in pieces, of unknown size, is written as it comes")
    func pieces() async throws {
        let house = try await FileHouse(quotaMB: 64)
        let body = RequestBody(framing: .chunked)
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        let feeding = Task {
            for _ in 0..<20 { body.deliver(piece) }
            body.finish()
        }
        let path = try house.path("big")
        let (item, _) = try await house.keeper.upload(
            body, to: path, of: house.instance, by: .site)
        await feeding.value
        #expect(item.size == 20 << 20 && house.leftovers.isEmpty)
    }

    @Test("An upload that breaks off leaves the old file and nothing else")
    func interrupted() async throws {
        let house = try await FileHouse()
        try house.write("report.csv", "old")
        let body = RequestBody(framing: .length(1_000))
        body.deliver([UInt8](repeating: 1, count: 600))
        body.fail(.incomplete)
        let path = try house.path("report.csv")
        #expect(
            await fault { () async throws(FileFault) in
                try await house.keeper.upload(body, to: path, of: house.instance, by: .site)
            } == .body(.incomplete))
        #expect(house.text("report.csv") == "old" && house.leftovers.isEmpty)
        #expect(try await house.events().isEmpty)
    }

    @Test("What a kill leaves in the passage is gone after the next start, and never listed")
    func leftovers() async throws {
        let house = try await FileHouse()
        try Files.replace("\(house.area.layout.passage)/half", with: [1])
        try Files.makeDirectory("\(house.area.layout.passage)/tree/deep")
        #expect(try house.area.list(.root, .first).items.isEmpty)
        try await house.keeper.prepare()
        #expect(house.leftovers.isEmpty)
    }

    @Test(
        "The quota holds for sizes that are announced, for those that are not, and for two at once")
    func quota() async throws {
        let house = try await FileHouse(quotaMB: 1)
        try house.write("there", String(repeating: "x", count: 700_000))
        let refused = await fault { () async throws(FileFault) in
            try await house.upload([UInt8](repeating: 0, count: 400_000), "more")
        }
        #expect(refused == .quota(used: 700_000, quota: 1 << 20, wanted: 400_000))
        let body = RequestBody(framing: .chunked)
        body.deliver([UInt8](repeating: 0, count: 400_000))
        body.finish()
        let path = try house.path("more")
        #expect(
            await fault { () async throws(FileFault) in
                try await house.keeper.upload(body, to: path, of: house.instance, by: .site)
            } != nil)
        #expect(house.leftovers.isEmpty && house.text("more") == nil)
        // In place of what is there it fits.
        #expect(
            try await house.upload([UInt8](repeating: 0, count: 900_000), "there").isNew == false)
        // One that is under way has its part already.
        let slow = RequestBody(framing: .length(100_000))
        let other = try house.path("slow")
        async let first = house.keeper.upload(slow, to: other, of: house.instance, by: .site)
        await until { !house.leftovers.isEmpty }
        #expect(
            await fault { () async throws(FileFault) in
                try await house.upload([UInt8](repeating: 0, count: 100_000), "third")
            } != nil)
        slow.deliver([UInt8](repeating: 0, count: 100_000))
        slow.finish()
        #expect(try await first.isNew)
    }

    @Test("A full disk is said to be full, and keeps what it has")
    func full() async throws {
        let house = try await FileHouse { _ in (64 << 20) + 100 }
        #expect(try await house.upload([UInt8](repeating: 0, count: 100), "old").isNew)
        #expect(
            await fault { () async throws(FileFault) in
                try await house.upload([UInt8](repeating: 0, count: 101), "new")
            } == .full)
        let tight = try await FileHouse { _ in 64 << 20 }
        try tight.write("old", "old")
        #expect(
            await fault { () async throws(FileFault) in try await tight.upload([1], "old") }
                == .full)
        #expect(tight.text("old") == "old" && tight.leftovers.isEmpty)
        #expect(FileFault(SystemError("write x", code: ENOSPC), .root) == .full)
        #expect(FileFault(SystemError("write x", code: EDQUOT), .root) == .full)
    }

    @Test("Conditions: only new ones, only in place of the one that was read")
    func conditions() async throws {
        let house = try await FileHouse()
        let path = try house.path("a")
        let first = try await house.upload([1], "a", .new)
        #expect(
            await fault { () async throws(FileFault) in try await house.upload([2], "a", .new) }
                == .precondition(path))
        _ = try await house.upload([2], "a", .matching(etag: first.item.etag))
        #expect(
            await fault { () async throws(FileFault) in
                try await house.upload([3], "a", .matching(etag: first.item.etag))
            } == .precondition(path))
        #expect(house.text("a") == "\u{2}" && house.leftovers.isEmpty)
    }

    @Test("Folders are made, things are moved and removed, and nothing is overwritten on the way")
    func tree() async throws {
        let house = try await FileHouse()
        let (keeper, instance) = (house.keeper, house.instance)
        func path(_ text: String) throws -> FilePath { try house.path(text) }
        let folder = try await keeper.makeFolder(path("a/b/c"), of: instance, by: .site)
        #expect(folder.kind == .folder)
        #expect(
            await fault { () async throws(FileFault) in
                try await keeper.makeFolder(folder.path, of: instance, by: .site)
            } == .exists(folder.path))
        try house.write("a/file", "1")
        try house.write("other", "2")
        let (file, other, free) = (try path("a/file"), try path("other"), try path("a/b/c/new"))
        #expect(
            await fault { () async throws(FileFault) in
                try await keeper.move(file, to: other, of: instance, by: .site)
            } == .exists(other))
        let moved = try await keeper.move(file, to: free, of: instance, by: .site)
        #expect(moved.path == free && house.text("a/b/c/new") == "1" && house.text("a/file") == nil)
        let (a, inside) = (try path("a"), try path("a/b/d"))
        #expect(
            await fault { () async throws(FileFault) in
                try await keeper.move(a, to: inside, of: instance, by: .site)
            } == .intoItself(a))
        #expect(
            await fault { () async throws(FileFault) in
                try await house.upload([1], "a/b")
            } == .isFolder(FilePath.root.appending("a").appending("b")))
        #expect(
            await fault { () async throws(FileFault) in
                try await house.upload([1], "nowhere/file")
            } == .notFound(FilePath.root.appending("nowhere")))
        try await keeper.remove(a, of: instance, by: .site)
        #expect(try house.area.list(.root, .first).items.map(\.path.text) == ["other"])
        #expect(house.leftovers.isEmpty)
        let kinds = try await house.events().map(\.event.kind)
        #expect(kinds == ["files.removed", "files.moved", "files.folder-created"])
    }

    @Test("An alarm stands while the area is over its quota, whoever filled it")
    func alarm() async throws {
        let house = try await FileHouse(quotaMB: 1)
        let board = BoardList()
        let watch = FilesWatch(
            files: house.keeper, instances: house.stores.instances, alarms: board)
        try house.write("log", String(repeating: "x", count: 1_100_000))
        await watch.look(at: house.instance)
        #expect(board.all == ["raise instance.files"])
        #expect(FilesWatch.trouble(house.area.usage(), quotaMB: 1)?.contains("1 MB") == true)
        truncate("\(house.root)/log", 10)
        await watch.look(at: house.instance)
        #expect(board.all == ["raise instance.files", "clear instance.files"])
        #expect(FilesWatch.trouble(FileUsage(isComplete: false), quotaMB: 1) != nil)
    }
}

final class BoardList: AlarmBoard {
    private let list = Mutex<[String]>([])
    func raise(_ kind: AlarmKind, _ text: String, on id: Instance.ID) {
        list.withLock { $0.append("raise \(kind.rawValue)") }
    }
    func clear(_ kind: AlarmKind, on id: Instance.ID) {
        list.withLock { $0.append("clear \(kind.rawValue)") }
    }
    var all: [String] { list.withLock { $0 } }
}
