import Basics
import Domain
import Testing

@Suite("Stock agent") struct StockAgentTests {
    private static let application = Application.ID.random()
    private static let snapshot = Snapshot.ID.random()

    private static func status(_ changes: [(String, String)] = []) throws -> StockStatus {
        var object = try #require(
            try JSONReader.read(
                Array(
                    """
                    {"ownerType":"application","project":null,"application":"\(application)",
                     "snapshot":"\(snapshot)","settings":"h1","state":"running",
                     "mode":"autonomous","targetState":"running",
                     "health":{"uptime":12,"snapshotRestartCount":0},"agentVersion":"4.2.1",
                     "licensed":true,"nodejsVersion":"v20.20.2","nodeRedVersion":"4.1.3"}
                    """.utf8)
            ).object)
        for (name, value) in changes { object[name] = try JSONReader.read(Array(value.utf8)) }
        return try StockStatus(object)
    }

    private static func desired(
        application: Application.ID? = application, snapshot: Snapshot.ID? = snapshot
    ) -> StockDesired {
        StockDesired(
            application: application, snapshot: snapshot, settings: "h1", mode: .autonomous,
            run: .running)
    }

    private static func json(_ update: StockUpdate?) throws -> JSONObject {
        let update = try #require(update)
        return try #require(try JSONReader.read(update.json).object)
    }

    @Test("A device that runs what it shall is left alone; one that has just booted is answered")
    func unknown() throws {
        #expect(Self.desired().answer(to: try Self.status()) == nil)
        let answer = try Self.json(
            Self.desired().answer(to: try Self.status([("state", "\"unknown\"")])))
        #expect(answer["command"]?.string == "update")
        #expect(answer["application"]?.string == Self.application.text)
        #expect(answer["snapshot"]?.string == Self.snapshot.text)
        #expect(answer["settings"]?.string == "h1")
        #expect(answer["mode"]?.string == "autonomous")
        #expect(answer["targetState"]?.string == "running")
        #expect(answer["licensed"]?.bool == true)
        #expect(answer["project"] == nil, "never both owners")
    }

    @Test(
        "Whatever differs is answered",
        arguments: [
            ("application", "\"aaaaaaaaaaaaaaaaaaaa\""), ("application", "null"),
            ("snapshot", "\"aaaaaaaaaaaaaaaaaaaa\""), ("snapshot", "\"0\""),
            ("snapshot", "null"), ("settings", "\"h2\""), ("settings", "null"),
            ("project", "\"a-hosted-instance\""), ("mode", "\"developer\""),
            ("targetState", "\"suspended\""),
        ])
    func differing(_ name: String, _ value: String) throws {
        #expect(Self.desired().answer(to: try Self.status([(name, value)])) != nil)
    }

    @Test("The starter counts as no snapshot, and an application's device is told to run it")
    func starter() throws {
        let desired = Self.desired(snapshot: nil)
        for value in ["\"0\"", "null"] {
            #expect(desired.answer(to: try Self.status([("snapshot", value)])) == nil)
        }
        let answer = try Self.json(desired.answer(to: try Self.status()))
        #expect(answer["snapshot"]?.string == "0")
    }

    @Test("A device without an application is told null, for the one owner that it has")
    func unassigned() throws {
        let desired = Self.desired(application: nil)
        let answer = try Self.json(desired.answer(to: try Self.status()))
        #expect(answer["application"]?.isNull == true)
        #expect(answer["snapshot"]?.isNull == true)
        #expect(answer["settings"] == nil, "a missing field changes nothing")
        let other = try Self.status([("application", "null"), ("project", "\"p\"")])
        let project = try Self.json(desired.answer(to: other))
        #expect(project["project"]?.isNull == true)
        #expect(project["application"] == nil)
        let at = try Self.status([("application", "null"), ("snapshot", "null")])
        #expect(desired.answer(to: at) == nil)
    }

    @Test("By HTTP a device in sync gets 200, and the same application never loops on 409")
    func checkIn() throws {
        let same = StockCheckIn(Self.desired(), status: try Self.status())
        #expect(same.httpStatus == 200)
        #expect(String(decoding: same.json, as: UTF8.self) == "{}")
        let other = StockCheckIn(
            Self.desired(), status: try Self.status([("snapshot", "null")]))
        #expect(other.httpStatus == 409)
        let answer = try JSONReader.read(other.json)
        #expect(answer["error"]?.string == "incorrect-snapshot")
        #expect(answer["snapshot"]?.string == Self.snapshot.text)
        #expect(answer["application"]?.string == Self.application.text)
    }

    @Test("A payload of null means that it is changing over")
    func null() throws {
        #expect(try StockStatus.read(Array("null".utf8)) == .updating)
    }

    @Test(
        "Hostile statuses are refused, or lose what is not as it should be",
        arguments: [
            "", "[]", "\"x\"", "{}", "{\"state\":7}", "{\"state\":\"\"}",
            "{\"state\":\"a\",\"state\":\"b\"}", "{\"state\":\"running\"",
        ])
    func hostile(_ text: String) {
        #expect(throws: StockFault.self) { try StockStatus.read(Array(text.utf8)) }
    }

    @Test("Fields of the wrong kind count as absent, long ones are cut, huge ones refused")
    func wrongTypes() throws {
        let status = try Self.status([
            ("snapshot", "{\"a\":1}"), ("settings", "[1]"), ("mode", "5"),
            ("health", "\"well\""), ("agentVersion", "\"\(String(repeating: "9", count: 500))\""),
            ("packageList", "{\"a\":1,\"b\":\"1.0.0\"}"), ("targetState", "null"),
        ])
        #expect(status.snapshot == nil && status.settings == nil && status.mode == nil)
        #expect(status.uptimeSeconds == nil && status.run == nil)
        #expect(status.agentVersion?.utf8.count == 64)
        #expect(status.packages == [NodeModule(name: "b", version: "1.0.0")])
        let huge = Array("{\"state\":\"\(String(repeating: "x", count: 300_000))\"}".utf8)
        #expect(throws: StockFault.self) { try StockStatus.read(huge) }
        let many = "{\"state\":\"running\",\"x\":[" + String(repeating: "0,", count: 20_000) + "0]}"
        #expect(throws: StockFault.self) { try StockStatus.read(Array(many.utf8)) }
    }

    @Test("The agent's states are words of ours")
    func states() {
        let words = [
            "unknown", "updating", "provisioning", "suspended", "stopped", "loading", "installing",
            "starting", "restarting", "running", "safe", "crashed", "stopping", "error", "odd",
        ]
        #expect(
            words.map { DeviceState(reported: $0).rawValue } == [
                "unknown", "updating", "updating", "stopped", "stopped", "starting", "updating",
                "starting", "starting", "running", "safe", "crashed", "stopping", "error",
                "unknown",
            ])
    }

    @Test("A command with a reply carries its correlation, its end and where to answer")
    func commands() throws {
        let (team, device) = (Team.ID.random(), Device.ID.random())
        func json(_ command: StockCommand) throws -> JSONValue {
            try JSONReader.read(
                command.bytes(
                    to: device, in: team, correlation: "c1", at: Timestamp(milliseconds: 1),
                    until: Timestamp(milliseconds: 2)))
        }
        let upload = try json(.upload)
        #expect(upload["command"]?.string == "upload")
        #expect(upload["correlationData"]?.string == "c1")
        #expect(upload["deviceId"]?.string == device.text)
        #expect(upload["teamId"]?.string == team.text)
        #expect(upload["createdAt"]?.int == 1 && upload["expiresAt"]?.int == 2)
        #expect(
            upload["responseTopic"]?.string == "ff/v1/\(team)/d/\(device)/response/lineside")
        #expect(upload["payload"]?["timeout"]?.int == 10_000)
        #expect(try json(.action(.suspend))["payload"]?["action"]?.string == "suspend")
        #expect(try json(.startEditor(token: "t"))["payload"]?["token"]?.string == "t")
        let plain = try json(StockCommand(.startLog))
        #expect(plain.object?.members.map(\.key) == ["command"])
    }

    @Test("A reply that speaks for another device than its topic is refused")
    func foreignReply() throws {
        let device = Device.ID.random()
        let own = "{\"deviceId\":\"\(device)\",\"correlationData\":\"c\",\"payload\":{\"a\":1}}"
        let reply = try StockReply.read(Array(own.utf8), from: device)
        #expect(reply.correlation == "c" && reply.payload["a"]?.int == 1)
        #expect(throws: StockFault.self) {
            try StockReply.read(Array(own.utf8), from: .random())
        }
        #expect(throws: StockFault.self) {
            try StockReply.read(Array("{\"payload\":{}}".utf8), from: device)
        }
    }

    @Test("Lines come one by one or as a list, and a clock that is fifty years off is mended")
    func log() throws {
        let now = Timestamp(milliseconds: 1_795_235_049_156)
        let one = """
            {"level":"warn","msg":"hot","ts":"17952350491560000","type":"inject","id":"n1",
             "name":"Oven"}
            """
        let record = try #require(try StockLog.read(Array(one.utf8), at: now).first)
        #expect(record.at == now && record.level == .warn && record.text == "hot")
        #expect(record.source == .init(type: "inject", id: "n1", name: "Oven"))
        let list = """
            [{"level":"","msg":"boot","ts":"2000000000000"},
             {"level":"debug","msg":{"a":[1]},"ts":"2179000000000000"},{"nothing":1},7]
            """
        let records = try StockLog.read(Array(list.utf8), at: now)
        #expect(records.map(\.text) == ["boot", "{\"a\":[1]}"])
        #expect(records.map(\.level) == [.info, .debug])
        #expect(records.last?.at == now)
    }

    @Test("Samples come one by one or as a list; those with an error are left out")
    func samples() throws {
        let now = Timestamp(milliseconds: 1_795_235_049_156)
        let text = """
            [{"src":"ab12","ts":1795235039156,"ps":64.5,"cpu":3.5,"ela":0.01,"el99":0.02,
              "nrmsgs":1,"nrrecv":1,"nrsend":1},
             {"src":"ab12","ts":1795235049156,"err":"no answer"},{"ts":1e300,"ps":1},{"ps":"x"}]
            """
        let samples = try StockSamples.read(Array(text.utf8), at: now)
        #expect(samples.count == 1)
        #expect(samples.first?.rss == 67_633_152 && samples.first?.cpuPercent == 3.5)
        #expect(samples.first?.lagMilliseconds == 20)
    }

    @Test("Topics are read back, and only those of the paper are")
    func topics() {
        let (team, device) = (Team.ID.random(), Device.ID.random())
        for word in StockTopic.Word.allCases {
            let topic = StockTopic(word, team: team, device: device)
            #expect(StockTopic(topic.text) == topic)
        }
        let base = "ff/v1/\(team)/d/\(device)"
        #expect(StockTopic("\(base)/response") == StockTopic(.response, team: team, device: device))
        for text in [
            "\(base)/response/other", "\(base)/status/lineside", "\(base)",
            "\(base)/logs/heartbeat",
            "ff/v2/\(team)/d/\(device)/status", "ff/v1/\(team)/p/\(device)/status",
            "ff/v1/+/d/\(device)/status",
        ] {
            #expect(StockTopic(text) == nil, "\(text)")
        }
    }
}
