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

    private func take(_ content: SnapshotContent) async throws(VersionFault) -> Snapshot {
        try await fixture.library.take(
            content, into: fixture.press.applicationID, name: Name(stored: "Copy"), by: .site)
    }

    @Test("What was taken in comes out again: flows, credentials, modules, variables with values")
    func roundTrip() async throws {
        var content = try await fixture.library.content(of: snapshot, withSecrets: true)
        #expect(content.name == "Good")
        content.variables = [
            .init(name: "LINE", value: "3"), .init(name: "KEY", value: "s3cret", isSecret: true),
        ]
        let taken = try await take(content)
        #expect(taken.instanceID == nil && taken.modules == snapshot.modules)
        #expect(taken.environmentKeys == ["LINE", "KEY"])
        let material = try await fixture.library.material(of: taken, for: fixture.saw.id)
        #expect(try JSONReader.read(material.flows) == JSONReader.read(fixture.flows))
        #expect(try fixture.decrypt(material.credentials, "saw secret") == fixture.clear)
        let again = try await fixture.library.content(of: taken, withSecrets: true)
        #expect(again.variables == content.variables)
        #expect(again.credentials == content.credentials)
    }

    @Test("Without being asked for, credentials stay where they are")
    func withoutSecrets() async throws {
        let content = try await fixture.library.content(of: snapshot, withSecrets: false)
        #expect(content.credentials == nil)
        let sent = try await fixture.library.content(
            of: version, name: "Press 1", withSecrets: true)
        #expect(sent.name == "Press 1" && sent.credentials != nil)
    }

    @Test("A file without a name needs one")
    func unnamed() async throws {
        let content = try SnapshotFormat.read(fixture.flows, passphrase: nil)
        #expect(content.name.isEmpty)
        #expect(try await take(content).name.text == "Copy")
        await #expect(throws: VersionFault.self) {
            try await fixture.library.take(
                content, into: fixture.press.applicationID, name: nil, by: .site)
        }
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
