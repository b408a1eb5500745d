import Basics
import Crypto
import Domain
import LinesideTesting
import Testing

@testable import Site

@Suite("Moving in from a Node-RED user directory") struct SnapshotIntakeTests {
    private let directory: TemporaryDirectory
    private let intake: SnapshotIntake

    init() throws {
        directory = try TemporaryDirectory()
        intake = SnapshotIntake(
            directory: directory.path,
            unpacker: UnpackProcess(executable: BuiltLineside.executable))
    }

    private static let flows = #"[{"id":"n1","type":"mqtt in"}]"#
    private static func credentials(_ secret: String) throws -> String {
        String(
            decoding: try NodeREDCredentials(secret: secret).encrypt(
                Array(#"{"n1":{"password":"p"}}"#.utf8)), as: UTF8.self)
    }

    private func read(_ zip: ZipBuilder, passphrase: String? = nil) async throws -> SnapshotContent
    {
        let path = "\(directory.path)/upload"
        try Files.replace(path, with: zip.finished)
        return try await intake.read(path, passphrase: passphrase)
    }

    @Test("Flows, credentials with the secret beside them, and the modules as installed")
    func whole() async throws {
        var zip = ZipBuilder()
        zip.add(".node-red/flows.json", Self.flows)
        zip.add(".node-red/flows_cred.json", try Self.credentials("made by itself"))
        zip.add(".node-red/.config.runtime.json", #"{"_credentialSecret":"made by itself"}"#)
        zip.add(
            ".node-red/package.json",
            #"{"name":"node-red-project","description":"Line 3","dependencies":{"node-red-contrib-s7":"~3.1.0","@x/y":"^1.0.0","locked":"*"}}"#
        )
        zip.add(".node-red/node_modules/node-red-contrib-s7/package.json", #"{"version":"3.1.2"}"#)
        zip.add(".node-red/node_modules/node-red-contrib-s7/index.js", "process.exit()")
        zip.add(
            ".node-red/package-lock.json",
            #"{"packages":{"node_modules/locked":{"version":"2.0.1"}}}"#)
        zip.add(".node-red/node_modules/.bin/tool", "../s7", mode: 0o120777)
        zip.add(".node-red/.flows.json.backup", "[]")
        zip.add(".node-red/lib/flows/old.json", "not json")
        let content = try await read(zip)
        #expect(content.flows.array?.count == 1)
        #expect(content.credentials?["n1"]?["password"]?.string == "p")
        #expect(content.note == "Line 3")
        #expect(
            content.modules == [
                NodeModule(name: "node-red-contrib-s7", version: "3.1.2"),
                NodeModule(name: "@x/y", version: "1.0.0"),
                NodeModule(name: "locked", version: "2.0.1"),
            ])
        #expect(try Files.list(directory.path) == ["upload"])
    }

    @Test("The names and the secret that settings.js says in plain text are taken")
    func settings() async throws {
        var zip = ZipBuilder()
        zip.add(
            "settings.js",
            """
            module.exports = {
                // flowFile: 'old.json',
                flowFile: 'line.json',
                "credentialSecret": "of the settings",
            }
            """)
        zip.add("line.json", Self.flows)
        zip.add("line_cred.json", try Self.credentials("of the settings"))
        #expect(try await read(zip).credentials?["n1"] != nil)
    }

    @Test("A project of Node-RED is read with its own files and secret")
    func project() async throws {
        var zip = ZipBuilder()
        zip.add(
            ".config.projects.json",
            #"{"activeProject":"line","projects":{"line":{"credentialSecret":"of the project"}}}"#)
        zip.add(
            "projects/line/package.json",
            #"{"name":"line","node-red":{"settings":{"flowFile":"flow.json","credentialsFile":"flow_cred.json"}}}"#
        )
        zip.add("projects/line/flow.json", Self.flows)
        zip.add("projects/line/flow_cred.json", try Self.credentials("of the project"))
        let content = try await read(zip)
        #expect(content.name == "line")
        #expect(content.credentials?["n1"] != nil)
    }

    @Test("Where the secret is not in it, it is asked for")
    func secret() async throws {
        var zip = ZipBuilder()
        zip.add("flows_pi.json", Self.flows)
        zip.add("flows_pi_cred.json", try Self.credentials("in nobody's file"))
        await #expect(throws: VersionFault.passphraseNeeded) { try await read(zip) }
        await #expect(throws: VersionFault.wrongPassphrase) {
            try await read(zip, passphrase: "another")
        }
        let content = try await read(zip, passphrase: "in nobody's file")
        #expect(content.credentials?["n1"] != nil)
    }

    @Test("A directory without flows, or with several, is refused with a sentence")
    func none() async throws {
        var empty = ZipBuilder()
        empty.add("readme.txt", "hello")
        await #expect(throws: VersionFault.self) { try await read(empty) }
        var several = ZipBuilder()
        several.add("flows_a.json", Self.flows)
        several.add("flows_b.json", Self.flows)
        await #expect(throws: VersionFault.self) { try await read(several) }
        #expect(try Files.list(directory.path) == ["upload"])
    }

    @Test("A path that leads out of the archive is refused, and a broken one too")
    func hostile() async throws {
        var zip = ZipBuilder()
        zip.add("../flows.json", Self.flows)
        await #expect(throws: VersionFault.self) { try await read(zip) }
        try Files.replace("\(directory.path)/upload", with: [0x50, 0x4B, 3, 4, 1, 2, 3])
        await #expect(throws: VersionFault.self) {
            try await intake.read("\(directory.path)/upload", passphrase: nil)
        }
    }
}
