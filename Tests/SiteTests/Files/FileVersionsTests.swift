import Basics
import Domain
import Glibc
import HTTP
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Files in versions", .timeLimit(.minutes(10))) struct FileVersionsTests {
    private struct Kept {
        let house: FileHouse
        let vault: Vault
        let files: FileVersions
        let recorder: VersionRecorder

        init(quotaMB: Int = 8) async throws {
            house = try await FileHouse(quotaMB: quotaMB)
            var settings = house.instance.settings
            settings.filesInVersions = true
            _ = try await house.stores.instances.update(
                house.instance.id, InstanceStore.Change(settings: settings), by: .site)
            vault = Vault(directory: "\(house.directory.path)/vault")
            try await vault.prepare()
            files = FileVersions(
                state: house.directory.path, vault: vault, stores: house.stores)
            recorder = VersionRecorder(vault: vault, stores: house.stores, files: files)
        }

        func deploy() async throws -> Version {
            let deploy = VersionRecorder.Deploy(
                flows: Array("[]".utf8), credentials: nil, modules: [], at: .now(), by: nil,
                source: .editor)
            return try await recorder.record(deploy, of: house.instance.id, by: .site)
        }

        func restore(
            _ version: Version, removesOthers: Bool = false
        ) async throws -> FileVersions.Outcome {
            try await files.restore(
                try #require(version.files), to: house.instance, removesOthers: removesOthers,
                by: .site)
        }
    }

    @Test("A version keeps the area, and a restore brings it back as it was")
    func round() async throws {
        let kept = try await Kept()
        let house = kept.house
        try house.write("a/b/one", "first")
        try house.write("two", "second")
        try house.write("empty", "")
        var times = [timespec(tv_sec: 1_700_000_000, tv_nsec: 5_000_000), timespec()]
        times[1] = times[0]
        utimensat(AT_FDCWD, "\(house.root)/two", times, 0)
        let version = try await kept.deploy()
        try Files.removeTree("\(house.root)/a")
        try house.write("two", "changed")
        try house.write("late", "later")
        #expect(try await kept.restore(version) == .init(restored: 3, removed: 0))
        #expect(house.text("a/b/one") == "first" && house.text("two") == "second")
        #expect(house.text("empty") == "" && house.text("late") == "later")
        #expect(
            try house.area.item(house.path("two")).modifiedAt
                == Timestamp(milliseconds: 1_700_000_000_005))
        #expect(try await kept.restore(version, removesOthers: true).removed == 1)
        #expect(house.text("late") == nil && house.leftovers.isEmpty)
        #expect(try await house.events().first?.event.kind == "files.restored")
    }

    @Test("What has not changed is not read again, and the same area is the same list")
    func unchanged() async throws {
        let kept = try await Kept()
        try kept.house.write("a", "one")
        try kept.house.write("b", "two")
        let first = try await kept.deploy()
        #expect(try await kept.deploy().files == first.files)
        try kept.house.write("b", "other")
        let second = try await kept.deploy()
        #expect(second.files != first.files)
        let list = try await kept.files.list(try #require(second.files))
        #expect(list.entries.map(\.path.text) == ["a", "b"])
        #expect(FileList(list.json) == list)
    }

    @Test("What has not changed but is gone from the vault is stored again with the next version")
    func gone() async throws {
        let kept = try await Kept()
        try kept.house.write("a", "once")
        let first = try await kept.deploy()
        let list = try await kept.files.list(try #require(first.files))
        let content = try #require(list.entries.first?.digest)
        let file = "\(kept.house.directory.path)/vault/\(content.hex.prefix(2))/\(content.hex)"
        #expect(unlink(file) == 0)
        let second = try await kept.deploy()
        try kept.house.write("a", "changed")
        #expect(try await kept.restore(second) == .init(restored: 1, removed: 0))
        #expect(kept.house.text("a") == "once")
    }

    @Test("The contents live as long as a version names them")
    func collected() async throws {
        let kept = try await Kept()
        try kept.house.write("a", "only here")
        let version = try await kept.deploy()
        let list = try #require(version.files)
        let content = try #require(try await kept.files.list(list).entries.first?.digest)
        let blobs = kept.house.stores.blobs
        #expect(try await blobs.unused().isEmpty)
        #expect(try await !blobs.forget(content))
        #expect(try await !blobs.forget(list))
        try await kept.house.stores.instances.delete(kept.house.instance.id, by: .site)
        // First the list, then what it named.
        #expect(try await blobs.unused().contains(list))
        #expect(try await blobs.forget(list))
        #expect(try await blobs.unused().contains(content))
        #expect(try await blobs.forget(content))
    }

    @Test("What cannot be kept is named with its reason, and the version is kept all the same")
    func skipped() async throws {
        let kept = try await Kept(quotaMB: 1024)
        let house = kept.house
        let sparse = creat("\(house.root)/huge", 0o600)
        #expect(ftruncate(sparse, off_t(FileList.largestFile.bytes) + 1) == 0)
        close(sparse)
        try house.write("plain", "x")
        link(house.secret, "\(house.root)/hard")
        symlink(house.secret, "\(house.root)/link")
        mkfifo("\(house.root)/pipe", 0o600)
        let list = try await kept.files.list(try #require(try await kept.deploy().files))
        #expect(list.entries.map(\.path.text) == ["hard", "huge", "plain"])
        #expect(list.kept.map(\.path.text) == ["plain"])
        #expect(list.entries.filter { $0.digest == nil }.allSatisfy { $0.reason != nil })
        #expect(FileList(list.json) == list)
    }

    @Test(
        "An area over its quota is kept up to it, and what is larger than the quota is not restored"
    )
    func quota() async throws {
        let kept = try await Kept(quotaMB: 1)
        try kept.house.write("a", String(repeating: "a", count: 700_000))
        try kept.house.write("b", String(repeating: "b", count: 700_000))
        let list = try await kept.files.list(try #require(try await kept.deploy().files))
        #expect(list.kept.map(\.path.text) == ["a"])
        let huge = FileList([
            FileList.Entry(
                path: try kept.house.path("x"), size: 2 << 20,
                digest: try #require(list.kept.first?.digest), modifiedAt: .now())
        ])
        let blob = try await kept.vault.store(huge.json)
        await #expect(
            throws: FileVersions.Fault.file(
                .quota(used: 1_400_000, quota: 1 << 20, wanted: 2 << 20))
        ) {
            try await kept.files.restore(
                blob.address, to: kept.house.instance, removesOthers: true, by: .site)
        }
        #expect(kept.house.text("b") != nil)
    }

    @Test("A restore that cannot read all changes nothing")
    func damaged() async throws {
        let kept = try await Kept()
        try kept.house.write("a", "one")
        try kept.house.write("b", "two")
        let version = try await kept.deploy()
        let list = try await kept.files.list(try #require(version.files))
        let last = try #require(list.entries.last?.digest)
        let place = "\(kept.house.directory.path)/vault/\(last.hex.prefix(2))/\(last.hex)"
        chmod(place, 0o600)
        try Files.replace(place, with: [0, 1, 2, 3])
        try kept.house.write("a", "new")
        await #expect(throws: FileVersions.Fault.self) { try await kept.restore(version) }
        #expect(kept.house.text("a") == "new" && kept.house.leftovers.isEmpty)
    }

    @Test("What a restore leaves there counts against the quota")
    func staying() async throws {
        let kept = try await Kept(quotaMB: 1)
        try kept.house.write("a", String(repeating: "a", count: 700_000))
        let version = try await kept.deploy()
        try Files.removeTree("\(kept.house.root)/a")
        try kept.house.write("b", String(repeating: "b", count: 600_000))
        await #expect(
            throws: FileVersions.Fault.file(
                .quota(used: 600_000, quota: 1 << 20, wanted: 700_000))
        ) { try await kept.restore(version) }
        #expect(kept.house.text("a") == nil)
        #expect(
            try await kept.restore(version, removesOthers: true)
                == .init(restored: 1, removed: 1))
    }

    @Test("A damaged content is named with what needs it, and heals with the next deploy")
    func heals() async throws {
        let kept = try await Kept()
        try kept.house.write("a", "one")
        let version = try await kept.deploy()
        let list = try await kept.files.list(try #require(version.files))
        let digest = try #require(list.entries.first?.digest)
        let place = "\(kept.house.directory.path)/vault/\(digest.hex.prefix(2))/\(digest.hex)"
        chmod(place, 0o600)
        try Files.replace(place, with: [0, 1, 2, 3])
        let name = kept.house.instance.name.text
        await #expect(
            throws: FileVersions.Fault.vault(
                .lost(.damaged(digest), affects: ["version 1 of instance “\(name)”"]))
        ) { try await kept.restore(version) }
        #expect(try await kept.deploy().files == version.files)
        #expect(try await kept.restore(version) == .init(restored: 1, removed: 0))
    }

    @Test("A list that somebody forged leads nowhere out of the area")
    func forged() throws {
        let digest = String(repeating: "a", count: 64)
        for path in ["../x", "/etc/passwd", "", "a//b"] {
            let text =
                "[{\"path\":\"\(path)\",\"size\":1,\"digest\":\"\(digest)\","
                + "\"modifiedAt\":\"2026-11-21T00:00:00.000Z\"}]"
            #expect(FileList(Array(text.utf8)) == nil, "\(path)")
        }
        #expect(FileList(Array("{}".utf8)) == nil)
    }
}
