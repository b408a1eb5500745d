import Basics
import Crypto
import Domain
import Testing

@testable import Site

@Suite("Snapshot formats") struct SnapshotFormatTests {
    private static let passphrase = "correct horse battery"

    private func content() throws -> SnapshotContent {
        try SnapshotContent(
            name: "Good", note: "before the audit", createdAt: Timestamp(milliseconds: 1000),
            flows: try JSONReader.read(
                Array(#"[{"id":"t1","type":"tab"},{"id":"n1","type":"inject","x":1.50}]"#.utf8)),
            credentials: JSONObject([
                ("n1", .object(JSONObject([("password", .string("hunter2"))])))
            ]),
            modules: [NodeModule(name: "node-red-contrib-modbus", version: "5.0.0")],
            variables: [
                .init(name: "LINE", value: "3"),
                .init(name: "KEY", value: "s3cret", isSecret: true),
            ])
    }

    @Test(
        "What goes out under a passphrase comes in whole, and nothing secret can be read in it",
        arguments: [SnapshotFormat.lineside, .flowfuse])
    func roundTrip(format: SnapshotFormat) throws {
        let bytes = try format.write(content(), passphrase: Self.passphrase)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("hunter2") && !text.contains("s3cret"))
        #expect(text.contains(#""x":1.50"#))
        #expect(try SnapshotFormat.read(bytes, passphrase: Self.passphrase) == content())
        #expect(throws: VersionFault.passphraseNeeded) {
            try SnapshotFormat.read(bytes, passphrase: nil)
        }
        #expect(throws: VersionFault.wrongPassphrase) {
            try SnapshotFormat.read(bytes, passphrase: "wrong horse battery")
        }
    }

    @Test(
        "Without a passphrase nothing secret leaves, and the file opens without one",
        arguments: SnapshotFormat.allCases)
    func withoutSecrets(format: SnapshotFormat) throws {
        let bytes = try format.write(content(), passphrase: nil)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("hunter2") && !text.contains("s3cret") && !text.contains("\"$\""))
        let read = try SnapshotFormat.read(bytes, passphrase: nil)
        #expect(try read.flows == content().flows && read.credentials == nil)
    }

    @Test("A short passphrase is refused, and bare flows take none")
    func weak() throws {
        let content = try content()
        #expect(throws: VersionFault.weakPassphrase) {
            try SnapshotFormat.flowfuse.write(content, passphrase: "short")
        }
        #expect(throws: VersionFault.self) {
            try SnapshotFormat.flows.write(content, passphrase: Self.passphrase)
        }
    }

    @Test("A file of ours that was changed is refused, wherever it was")
    func changed() throws {
        let bytes = try SnapshotFormat.lineside.write(content(), passphrase: Self.passphrase)
        let text = String(decoding: bytes, as: UTF8.self)
        for (old, new) in [
            ("inject", "exec"), ("Good", "Bad"), ("5.0.0", "5.0.1"), ("\"x\":1.50", "\"x\":1.5"),
            ("\"LINE\":\"3\"", "\"LINE\":\"4\""),
        ] {
            let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            let other = Array(parts.joined(separator: new).utf8)
            #expect(throws: VersionFault.self) {
                try SnapshotFormat.read(other, passphrase: Self.passphrase)
            }
        }
    }

    @Test("FlowFuse's own export is read: hidden variables opened, the platform's left out")
    func flowFuse() throws {
        let key = NodeREDCredentials(secret: "shared secret of two platforms")
        let credentials = String(
            decoding: try key.encrypt(Array(#"{"n1":{"token":"abc"}}"#.utf8)), as: UTF8.self)
        let file = """
            {"id":"Kq2xLmV8n4","name":"Line 3","description":"works","createdAt":"2026-03-01T10:00:00.000Z",
             "updatedAt":"2026-03-01T10:00:00.000Z","ownerType":"instance","user":{"id":"1"},
             "flows":{"flows":[{"id":"n1","type":"http request"}],"credentials":\(credentials)},
             "settings":{"settings":{"disableEditor":false},"modules":{"node-red":"4.1.3","node-red-dashboard":"~3.6.0"},
              "env":{"FF_INSTANCE_ID":"x","LINE":"3","KEY":{"hidden":true,"$":"\(try key.encrypt(text: "s3cret"))"}}}}
            """
        let content = try SnapshotFormat.read(
            Array(file.utf8), passphrase: "shared secret of two platforms")
        #expect(content.name == "Line 3" && content.note == "works")
        #expect(content.createdAt?.rfc3339 == "2026-03-01T10:00:00.000Z")
        #expect(content.credentials?["n1"]?["token"]?.string == "abc")
        #expect(
            content.variables == [
                .init(name: "LINE", value: "3"),
                .init(name: "KEY", value: "s3cret", isSecret: true),
            ])
        #expect(content.modules.map(\.name) == ["node-red", "node-red-dashboard"])
    }

    @Test("Credentials that stand in the nodes never stay in the flows")
    func inNodes() throws {
        let file = #"[{"id":"a","type":"mqtt-broker","credentials":{"user":"u","password":"p"}}]"#
        let content = try SnapshotFormat.read(Array(file.utf8), passphrase: nil)
        #expect(content.credentials?["a"]?["password"]?.string == "p")
        #expect(content.flows.array?.first?["credentials"] == nil)
    }

    @Test("What Node-RED's admin API answers is read too")
    func adminAPI() throws {
        let file = #"{"flows":[{"id":"a","type":"tab"}],"rev":"1"}"#
        let content = try SnapshotFormat.read(Array(file.utf8), passphrase: nil)
        #expect(content.flows.array?.count == 1 && content.credentials == nil)
    }

    @Test(
        "What is none of them is refused with a sentence",
        arguments: [
            "", "{", "{}", "[1]", "[{\"id\":\"a\"}]", #"{"format":"other"}"#, "\"x\"",
            #"[{"id":"a","type":"tab"},{"id":"a","type":"tab"}]"#,
            #"{"flows":{"flows":[1]},"settings":{}}"#,
            #"{"format":"lineside-snapshot/1","name":1}"#,
        ])
    func foreign(text: String) {
        #expect(throws: VersionFault.self) {
            try SnapshotFormat.read(Array(text.utf8), passphrase: nil)
        }
    }

    @Test("More values than can be compared are refused before they fill the memory")
    func manyValues() {
        let file = "[" + String(repeating: #"{"":0},"#, count: 2_000_000) + "0]"
        #expect {
            try SnapshotFormat.read(Array(file.utf8), passphrase: nil)
        } throws: {
            "\($0)".contains("is larger than allowed")
        }
    }

    @Test(
        "Modules and variables without number or of endless names are refused with their sentence",
        arguments: [
            ("modules", 1_001), ("env", 1_001), ("env", 1),
        ])
    func manyEntries(key: String, count: Int) {
        let long = count == 1 ? String(repeating: "x", count: 300) : ""
        let entries = (0..<count).map { #""x\#(long)\#($0)":"1""# }.joined(separator: ",")
        let file =
            #"{"flows":{"flows":[]},"settings":{"settings":{},"\#(key)":{\#(entries)}}}"#
        #expect {
            try SnapshotFormat.read(Array(file.utf8), passphrase: nil)
        } throws: {
            "\($0)".contains("The file names")
        }
    }
}
