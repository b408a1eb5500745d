import Basics
import Testing

@testable import Domain

@Suite("Messages between appliance and agent")
struct AgentMessageTests {
    static let team = Team.ID.random()
    static let device = Device.ID.random()

    static func document(inline: [ContentAddress: [UInt8]] = [:]) throws -> DesiredDocument {
        let manifest = try #require(ContentAddress(hex: String(repeating: "ab", count: 32)))
        return DesiredDocument(
            revision: 7, time: Timestamp(milliseconds: 1_700_000_000_123),
            device: .init(id: device, name: "Press 3", team: team, application: .random()),
            mode: .developer, run: .stopped,
            snapshot: .init(
                id: .random(), name: "Line \"3\" – Mühle", manifest: manifest,
                credentials: JSONObject([("$", .string("00ff"))])),
            settings: AgentSettings(
                hash: "h1", environment: ["LINE": "3", "EMPTY": ""], heapMB: 256, port: 1881,
                paletteInstall: true,
                localLogin: DeviceSettings.Login(name: "fitter", passwordHash: "$2b$08$x"),
                timeZone: try TimeZoneName(validating: "Europe/Berlin"), logLevel: .debug,
                editorKey: "-----BEGIN PUBLIC KEY-----\nMC\n", pageSecret: "secret"),
            probation: .init(seconds: 5, lagMS: 300, needsServer: true),
            window: .init(
                from: Timestamp(milliseconds: 1), to: Timestamp(milliseconds: 2), fits: 30),
            deployment: "d1", inline: inline)
    }

    @Test("a desired document comes back as it was written")
    func documentRoundTrip() throws {
        let chunk = try #require(ContentAddress(hex: String(repeating: "0f", count: 32)))
        let document = try Self.document(inline: [chunk: [0, 1, 2, 255]])
        #expect(try DesiredDocument.read(document.bytes) == document)
        var bare = document
        bare.snapshot = nil
        bare.window = nil
        bare.deployment = nil
        bare.inline = [:]
        bare.settings.timeZone = nil
        #expect(try DesiredDocument.read(bare.bytes) == bare)
    }

    @Test("a document that a later appliance has added to is read all the same")
    func unknownKeys() throws {
        let document = try Self.document()
        var object = try #require(try JSONReader.read(document.bytes).object)
        object["colour"] = .string("green")
        var json = JSONWriter()
        json.value(object)
        #expect(try DesiredDocument.read(json.bytes) == document)
    }

    @Test("every command comes back as it was written")
    func commandRoundTrip() throws {
        let at = Timestamp(milliseconds: 5)
        let orders: [AgentCommand.Order] = [
            .apply(try Self.document(), retry: false), .apply(try Self.document(), retry: true),
            .fetch(revision: 3, retry: false), .restart, .start, .stop, .watch(seconds: 30),
            .unwatch, .tunnel(token: "abc_-9"), .untunnel, .capture, .renew, .identify,
            .overrideDefer(reason: "the shift leader said so"),
        ]
        for order in orders {
            let command = AgentCommand(order: order, at: at)
            #expect(try AgentCommand.read(command.bytes) == command)
        }
    }

    @Test("status and replies come back as they were written")
    func statusRoundTrip() throws {
        for phase in AgentTransaction.Phase.allCases {
            let status = AgentStatus(
                revision: 3, snapshot: .random(), state: .running, mode: .autonomous,
                transaction: AgentTransaction(
                    phase: phase, revision: 4, deployment: "d", done: 5, of: 9,
                    reason: "it waits", until: Timestamp(milliseconds: 12)),
                agentVersion: "0.1", nodeREDVersion: "4.1.3", nodeVersion: nil, uptime: 12,
                clock: Timestamp(milliseconds: 1), bootID: "b", serial: "0a", problem: nil)
            #expect(try AgentStatus.read(status.bytes) == status)
        }
        let replies = [
            AgentReply(.random()),
            AgentReply(.random(), refusal: .init(code: "busy", text: "It is busy.")),
            AgentReply(
                .random(),
                capture: .init(
                    flows: [0, 91, 93], credentials: Array("{}".utf8),
                    modules: [NodeModule(name: "@a/b", version: "1.0.0")])),
        ]
        for reply in replies { #expect(try AgentReply.read(reply.bytes) == reply) }
    }

    @Test(
        "what does not fit is refused with the field's name",
        arguments: [
            (#"{"command":"apply","at":1}"#, "id"),
            (#"{"id":"aaaaaaaaaaaaaaaa","command":"apply","at":1}"#, "revision"),
            (#"{"id":"aaaaaaaaaaaaaaaa","command":"burn","at":1}"#, "command"),
            (#"{"id":"aaaaaaaaaaaaaaaa","command":"tunnel","token":"../x","at":1}"#, "token"),
            (#"{"id":"aaaaaaaaaaaaaaaa","command":"watch","seconds":0,"at":1}"#, "seconds"),
            (#"{"id":"aaaaaaaaaaaaaaaa","command":"defer-override","at":1}"#, "reason"),
            ("[]", "object"), ("{", "ends too early"),
        ])
    func refusals(text: String, word: String) {
        #expect {
            try AgentCommand.read(Array(text.utf8))
        } throws: {
            "\($0)".contains(word)
        }
    }

    @Test("an environment that would change how Node-RED is started is refused")
    func environment() throws {
        for name in ["PATH", "NODE_OPTIONS", "LD_PRELOAD", "LINESIDE_SETTINGS"] {
            var document = try Self.document()
            document.settings.environment[name] = "x"
            #expect(throws: AgentProtocolFault.self) { try DesiredDocument.read(document.bytes) }
        }
    }

    @Test("no damaged message ends the program, and what is read can be written again")
    func fuzz() throws {
        let chunk = try #require(ContentAddress(hex: String(repeating: "0f", count: 32)))
        let command = AgentCommand(
            order: .apply(try Self.document(inline: [chunk: [1]]), retry: true),
            at: Timestamp(milliseconds: 1))
        var random = SeededGenerator(11)
        var readable = 0
        for _ in 0..<4000 {
            var bytes = command.bytes
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(bytes[index], at: index)
                default: bytes.removeSubrange(index...)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard let read = try? AgentCommand.read(bytes) else { continue }
            readable += 1
            #expect(try AgentCommand.read(read.bytes) == read)
        }
        #expect(readable > 0)
    }

    @Test("a topic of an agent names its team, its device and its word, and nothing else does")
    func topics() {
        for word in AgentTopic.Word.allCases {
            let topic = AgentTopic(word, team: Self.team, device: Self.device)
            #expect(AgentTopic(topic.text) == topic)
            #expect(AgentTopic("/\(topic.text)") == nil)
            #expect(AgentTopic("\(topic.text)/") == nil)
        }
        #expect(AgentTopic("ls/v1/\(Self.team)/d/\(Self.device)/shout") == nil)
        #expect(AgentTopic("ls/v2/\(Self.team)/d/\(Self.device)/status") == nil)
        #expect(AgentTopic("ls/v1/+/d/+/status") == nil)
    }
}
