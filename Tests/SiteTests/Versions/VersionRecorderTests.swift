import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Version recorder") struct VersionRecorderTests {
    let fixture: VersionFixture

    init() async throws { fixture = try await VersionFixture() }

    @Test("Every deploy becomes a version with number, summary and the same bytes")
    func records() async throws {
        let first = try await fixture.recorder.record(
            fixture.deploy(), of: fixture.press.id, by: .site)
        #expect(first.number == 1)
        #expect(first.summary == "First version: 1 node on 1 tab")
        #expect(first.by == "ada")
        let more =
            Array(String(decoding: fixture.flows, as: UTF8.self).dropLast().utf8)
            + Array(#",{"id":"n2","type":"debug","z":"t1"}]"#.utf8)
        let second = try await fixture.recorder.record(
            fixture.deploy(more), of: fixture.press.id, by: .site)
        #expect(second.number == 2)
        #expect(second.summary == "1 node added on Line 3")
        #expect(try await fixture.library.flows(of: first) == fixture.flows)
        #expect(try await fixture.library.flows(of: second) == more)
        #expect(try await fixture.stores.versions.list(of: fixture.saw.id).items.isEmpty)
    }

    @Test("The same entry of the spool twice is one version")
    func twice() async throws {
        let deploy = fixture.deploy(spoolID: "0000000000001-aaaaaaaaaaaaaaaa")
        let first = try await fixture.recorder.record(
            fromSpool: deploy, user: "ada", of: fixture.press.id)
        let second = try await fixture.recorder.record(
            fromSpool: deploy, user: "ada", of: fixture.press.id)
        #expect(first.id == second.id)
        #expect(try await fixture.stores.versions.list(of: fixture.press.id).count == 1)
    }

    @Test("A kill -9 between file and row loses nothing: the spool brings it again")
    func killBetween() async throws {
        // What a kill leaves: the file in the vault, no row, the entry in the spool.
        let blob = try await fixture.vault.store(fixture.flows)
        #expect(try await fixture.stores.blobs.find(blob.address) == nil)
        let vault = Vault(directory: "\(fixture.directory.path)/vault")
        try await vault.prepare()
        let recorder = VersionRecorder(vault: vault, stores: fixture.stores)
        let version = try await recorder.record(
            fromSpool: fixture.deploy(spoolID: "0000000000001-aaaaaaaaaaaaaaaa"), user: "ada",
            of: fixture.press.id)
        #expect(version.flows == blob.address)
        #expect(try await vault.read(blob.address) == fixture.flows)
    }

    @Test("What the appliance deploys through the admin API counts as what it announced")
    func announced() async throws {
        let ada = try #require(try await fixture.stores.users.list().items.first)
        let actor = Actor.user(ada.id, name: "ada")
        _ = await fixture.recorder.announce(.restore, by: actor, of: fixture.press.id)
        let edited = try await fixture.recorder.record(
            fromSpool: fixture.deploy(spoolID: "1"), user: "ada", of: fixture.press.id)
        #expect(edited.source == .editor)
        let restored = try await fixture.recorder.record(
            fromSpool: fixture.deploy(spoolID: "2"), user: "lineside", of: fixture.press.id)
        #expect(restored.source == .restore)
        #expect(restored.by == "ada")
        let other = try await fixture.recorder.record(
            fromSpool: fixture.deploy(spoolID: "3"), user: "lineside", of: fixture.press.id)
        #expect(other.source == .unknown)
        let failed = await fixture.recorder.announce(.api, by: actor, of: fixture.press.id)
        await fixture.recorder.withdraw(failed, of: fixture.press.id)
        let after = try await fixture.recorder.record(
            fromSpool: fixture.deploy(spoolID: "4"), user: "lineside", of: fixture.press.id)
        #expect(after.source == .unknown)
    }

    @Test("A name that nobody was seen under makes no audit event of theirs")
    func forged() async throws {
        let witness = EditorWitness()
        let recorder = VersionRecorder(
            vault: fixture.vault, stores: fixture.stores, witness: witness)
        witness.note("ada", deploysTo: fixture.press.id)
        let seen = try await recorder.record(
            fromSpool: fixture.deploy(spoolID: "1"), user: "ada", of: fixture.press.id)
        #expect(seen.source == .editor)
        let forged = try await recorder.record(
            fromSpool: fixture.deploy(spoolID: "2"), user: "ada", of: fixture.press.id)
        #expect(forged.source == .unknown)
        let events = try await fixture.stores.audit.list().items
        #expect(
            events.filter { $0.event.kind == "instance.deployed" }.map(\.actorType)
                == ["nobody", "user"])
    }

    @Test("A version is kept even where the one before it is damaged")
    func damagedBefore() async throws {
        let first = try await fixture.recorder.record(
            fixture.deploy(), of: fixture.press.id, by: .site)
        let hex = first.flows.hex
        try Files.replace(
            "\(fixture.directory.path)/vault/\(hex.prefix(2))/\(hex)", with: [0, 1, 2])
        let second = try await fixture.recorder.record(
            fixture.deploy(Array("[]".utf8)), of: fixture.press.id, by: .site)
        #expect(second.number == 2)
        #expect(second.summary == "0 nodes on 0 tabs, after flows that could not be compared")
        let lost = VersionFault.lost(
            .damaged(first.flows), affects: ["version 1 of instance “Press”"])
        await #expect(throws: lost) { try await fixture.library.flows(of: first) }
    }

    @Test("Credentials alone make a version that says so")
    func credentialsOnly() async throws {
        _ = try await fixture.recorder.record(fixture.deploy(), of: fixture.press.id, by: .site)
        let second = try await fixture.recorder.record(
            fixture.deploy(credentials: try fixture.credentials("press secret")),
            of: fixture.press.id, by: .site)
        #expect(second.summary == "Credentials changed")
    }

    @Test("A deploy of an instance that is gone is refused")
    func gone() async throws {
        try await fixture.stores.instances.delete(fixture.saw.id, by: .site)
        await #expect(throws: VersionFault.self) {
            try await fixture.recorder.record(fixture.deploy(), of: fixture.saw.id, by: .site)
        }
    }

    @Test("A full disk keeps what is there and says so")
    func fullDisk() async throws {
        let place = "\(fixture.directory.path)/small"
        try Files.makeDirectory(place)
        guard mount("lineside", place, "tmpfs", 0, "size=1m") == 0 else {
            print("skipped: a file system of 1 MB needs root")
            return
        }
        defer { umount2(place, 2) }
        let vault = Vault(directory: "\(place)/vault")
        try await vault.prepare()
        let recorder = VersionRecorder(vault: vault, stores: fixture.stores)
        let kept = try await recorder.record(fixture.deploy(), of: fixture.press.id, by: .site)
        let deploy = fixture.deploy(Randomness.bytes(2 << 20))
        await #expect(throws: VersionFault.vault(.full)) {
            try await recorder.record(deploy, of: fixture.press.id, by: .site)
        }
        #expect(try await fixture.stores.versions.latest(of: fixture.press.id) == kept)
        #expect(try await vault.read(kept.flows) == fixture.flows)
    }
}
