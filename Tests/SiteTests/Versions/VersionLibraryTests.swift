import Basics
import Crypto
import Domain
import Store
import Testing

@testable import Site

@Suite("Version library") struct VersionLibraryTests {
    let fixture: VersionFixture
    let version: Version
    let snapshot: Snapshot

    init() async throws {
        fixture = try await VersionFixture()
        version = try await fixture.recorder.record(
            fixture.deploy(credentials: try fixture.credentials("press secret")),
            of: fixture.press.id, by: .site)
        snapshot = try await fixture.stores.snapshots.insert(
            Name(stored: "Good"), note: .empty, of: version.id, in: fixture.press.id, by: .site)
    }

    @Test("For its own instance a version comes back byte by byte")
    func sameInstance() async throws {
        let material = try await fixture.library.material(of: version, for: fixture.press.id)
        #expect(material.flows == fixture.flows)
        #expect(try fixture.decrypt(material.credentials, "press secret") == fixture.clear)
        #expect(material.modules == version.modules)
    }

    @Test("For another instance the credentials come under that instance's secret")
    func otherInstance() async throws {
        let material = try await fixture.library.material(of: version, for: fixture.saw.id)
        #expect(material.flows == fixture.flows)
        #expect(try fixture.decrypt(material.credentials, "saw secret") == fixture.clear)
        let kept = try await fixture.library.material(of: snapshot, for: fixture.saw.id)
        #expect(try fixture.decrypt(kept.credentials, "saw secret") == fixture.clear)
    }

    @Test("A snapshot outlives its instance, credentials included")
    func outlives() async throws {
        try await fixture.stores.instances.delete(fixture.press.id, by: .site)
        let kept = try await fixture.stores.snapshots.get(snapshot.id)
        let material = try await fixture.library.material(of: kept, for: fixture.saw.id)
        #expect(material.flows == fixture.flows)
        #expect(try fixture.decrypt(material.credentials, "saw secret") == fixture.clear)
    }

    @Test("Credentials under an unknown secret are told, and flows can be had without them")
    func wrongSecret() async throws {
        let version = try await fixture.recorder.record(
            fixture.deploy(credentials: try fixture.credentials("somebody else's")),
            of: fixture.press.id, by: .site)
        await #expect(throws: VersionFault.credentials) {
            try await fixture.library.material(of: version, for: fixture.saw.id)
        }
        let material = try await fixture.library.material(
            of: version, for: fixture.saw.id, withCredentials: false)
        #expect(material.flows == fixture.flows)
        #expect(material.credentials == nil)
    }

    @Test("Modules that are not there are listed, other versions of them are not")
    func missingModules() {
        let wanted = ["node-red", "a", "b"].map { NodeModule(name: $0, version: "1.0.0") }
        let present = [NodeModule(name: "a", version: "2.0.0")]
        #expect(
            VersionLibrary.missingModules(wanted, among: present)
                == [NodeModule(name: "b", version: "1.0.0")])
    }

    @Test("A snapshot goes out and comes in as one file, credentials under the passphrase")
    func roundTrip() async throws {
        let file = try await fixture.library.export(snapshot, passphrase: "correct horse battery")
        let text = String(decoding: file.bytes, as: UTF8.self)
        #expect(!text.contains("hunter2"))
        #expect(text.contains(#""format":"lineside-snapshot/1""#))
        #expect(text.contains(#""x":1.50"#))
        let read = try SnapshotFile(reading: file.bytes)
        #expect(read == file)
        await #expect(throws: VersionFault.passphraseNeeded) {
            try await take(read, nil)
        }
        await #expect(throws: VersionFault.wrongPassphrase) {
            try await take(read, "wrong horse battery")
        }
        let taken = try await take(read, "correct horse battery")
        #expect(taken.modules == snapshot.modules)
        #expect(taken.instanceID == nil)
        let material = try await fixture.library.material(of: taken, for: fixture.saw.id)
        #expect(try JSONReader.read(material.flows) == JSONReader.read(fixture.flows))
        #expect(try fixture.decrypt(material.credentials, "saw secret") == fixture.clear)
    }

    func take(_ file: SnapshotFile, _ passphrase: String?) async throws(VersionFault) -> Snapshot {
        try await fixture.library.take(
            file, into: fixture.press.applicationID, name: Name(stored: "Copy"),
            passphrase: passphrase, by: .site)
    }

    @Test("Without a passphrase no credentials leave the site; a short one is refused")
    func passphrase() async throws {
        let file = try await fixture.library.export(snapshot, passphrase: nil)
        #expect(!file.hasCredentials)
        #expect(String(decoding: file.bytes, as: UTF8.self).contains(#""credentials":null"#))
        await #expect(throws: VersionFault.weakPassphrase) {
            try await fixture.library.export(snapshot, passphrase: "short")
        }
        let sent = try await fixture.library.export(
            version, name: "Press 1", passphrase: "correct horse battery")
        #expect(sent.name == "Press 1")
        #expect(sent.hasCredentials)
    }

    @Test("A file that was changed is refused, wherever it was")
    func changed() async throws {
        let bytes = try await fixture.library.export(
            snapshot, passphrase: "correct horse battery"
        ).bytes
        let text = String(decoding: bytes, as: UTF8.self)
        for (old, new) in [
            ("inject", "exec"), ("Good", "Bad"), ("5.0.0", "5.0.1"), ("\"x\":1.50", "\"x\":1.5"),
        ] {
            let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            let other = Array(parts.joined(separator: new).utf8)
            #expect(throws: VersionFault.self) { try SnapshotFile(reading: other) }
        }
    }

    @Test("Plain flows, as Node-RED exports them, are a snapshot without a name")
    func plain() async throws {
        let file = try SnapshotFile(reading: fixture.flows)
        #expect(file.name.isEmpty)
        let taken = try await take(file, nil)
        #expect(taken.name.text == "Copy")
        #expect(taken.credentials == nil)
        await #expect(throws: VersionFault.self) {
            try await fixture.library.take(
                file, into: fixture.press.applicationID, name: nil, passphrase: nil, by: .site)
        }
    }

    @Test(
        "What is neither is refused with a sentence",
        arguments: ["", "{", "{}", "[1]", "[{\"id\":\"a\"}]", #"{"format":"other"}"#, "\"x\""])
    func foreign(text: String) {
        #expect(throws: VersionFault.self) { try SnapshotFile(reading: Array(text.utf8)) }
    }

    @Test("New secrets of an instance open with their contexts only")
    func secrets() throws {
        let id = Instance.ID.random()
        let secrets = try fixture.sealer.newSecrets(for: id)
        let credential = try fixture.sealer.openText(
            secrets.credentialSecret, context: SecretContext.credentialSecret)
        #expect(credential.utf8.count == 64)
        let page = try fixture.sealer.openText(
            secrets.pageSecret, context: SecretContext.pageSecret(id))
        #expect(page.utf8.count == 43)
        #expect(throws: Sealer.Fault.unreadable) {
            try fixture.sealer.openText(
                secrets.pageSecret, context: SecretContext.pageSecret(.random()))
        }
    }
}
