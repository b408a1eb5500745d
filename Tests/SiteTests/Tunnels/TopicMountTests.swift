import Basics
import Domain
import Testing

@testable import Site

@Suite("Topics under a prefix") struct TopicMountTests {
    private static let prefix = "ff/v1/t/c/"

    private func pass(
        _ bytes: [UInt8], _ way: TopicMount.Way = .toBroker, level: UInt8 = 4,
        pieces: Int = .max
    ) throws(MountFault) -> [UInt8] {
        var mount = TopicMount(Self.prefix, level: level, way: way)
        var output: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(pieces))
            rest = rest.dropFirst(part.count)
            let result = part.withUnsafeBytes { bytes -> Result<[UInt8], MountFault> in
                do throws(MountFault) { return .success(try mount.pass(bytes)) } catch {
                    return .failure(error)
                }
            }
            output += try result.get()
        }
        return output
    }

    private func publish(_ topic: String, _ rest: [UInt8], flags: UInt8 = 0x30) -> [UInt8] {
        Packets.packet(flags, Packets.field(topic) + rest)
    }

    private func subscribe(
        _ filters: [String], _ first: UInt8 = 0x82, properties: [UInt8] = []
    ) -> [UInt8] {
        Packets.packet(
            first,
            [0, 7] + properties
                + filters.flatMap { Packets.field($0) + (first == 0x82 ? [1] : []) })
    }

    @Test("Messages and filters get the prefix on their way in, messages lose it on their way out")
    func both() throws {
        let payload = [UInt8](repeating: 9, count: 300)
        let there = [
            publish("line/1", payload, flags: 0x3D), subscribe(["a/+", "#"]),
            subscribe(["a/+"], 0xA2), [0xC0, 0], [0x40, 2, 0, 7],
        ]
        let expected = [
            publish("ff/v1/t/c/line/1", payload, flags: 0x3D),
            subscribe(["ff/v1/t/c/a/+", "ff/v1/t/c/#"]), subscribe(["ff/v1/t/c/a/+"], 0xA2),
            [0xC0, 0], [0x40, 2, 0, 7],
        ]
        for pieces in [1, 2, 3, 7, .max] {
            #expect(try pass(there.flatMap(\.self), pieces: pieces) == expected.flatMap(\.self))
        }
        let back = publish("ff/v1/t/c/line/1", payload) + [0x90, 3, 0, 7, 1]
        for pieces in [1, 5, .max] {
            #expect(
                try pass(back, .toClient, pieces: pieces)
                    == publish("line/1", payload) + [0x90, 3, 0, 7, 1])
        }
    }

    @Test("MQTT 5: properties pass, a numbered topic stays a number, who shares goes on sharing")
    func five() throws {
        // A subscription identifier; a topic alias with and without its topic.
        let there =
            subscribe(["$share/line/a/+", "b"], properties: [2, 0x0B, 1])
            + publish("a", [3, 0x23, 0, 1, 0xFF]) + publish("", [3, 0x23, 0, 1, 0xFF])
        let expected =
            subscribe(["$share/line/ff/v1/t/c/a/+", "ff/v1/t/c/b"], properties: [2, 0x0B, 1])
            + publish("ff/v1/t/c/a", [3, 0x23, 0, 1, 0xFF]) + publish("", [3, 0x23, 0, 1, 0xFF])
        for pieces in [1, 4, .max] {
            #expect(try pass(there, level: 5, pieces: pieces) == expected)
        }
    }

    @Test("What is heard from elsewhere keeps its topic")
    func elsewhere() throws {
        for topic in ["other/1", "ff/v1/t/c", "ff/v1/t/c/", ""] {
            #expect(try pass(publish(topic, [1]), .toClient) == publish(topic, [1]))
        }
    }

    @Test(
        "What is no MQTT ends the connection",
        arguments: [
            [0x30, 1, 0], [0x30, 4, 0, 9, 1, 1], [0x30, 0x80, 0x00], [0x82, 1, 0],
            Packets.packet(0x82, [0, 7, 0, 9, 0x61]), Packets.packet(0x82, [0, 7, 0, 1, 0x61]),
            [0x82] + Packets.length(TopicMount.limit + 1),
            Packets.packet(0x30, Packets.field([UInt8](repeating: 0x61, count: 65_530))),
        ])
    func malformed(bytes: [UInt8]) {
        #expect(throws: MountFault.self) { try pass(bytes + [UInt8](repeating: 0, count: 12)) }
    }

    @Test("However the bytes are cut, the same comes out, and no bytes whatever do more")
    func fuzz() throws {
        var random = SystemRandomNumberGenerator()
        let seed =
            publish("a/b", [UInt8](repeating: 1, count: 200)) + subscribe(["a/#", "b"])
            + [0xC0, 0] + publish("c", [1], flags: 0x32)
        for _ in 0..<5_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] =
                    .random(in: 0...255, using: &random)
            }
            for way in [TopicMount.Way.toBroker, .toClient] {
                let whole = try? pass(bytes, way)
                let cut = try? pass(bytes, way, pieces: .random(in: 1...9, using: &random))
                #expect(whole == cut)
                if let whole { #expect(whole.count <= bytes.count * 12) }
            }
        }
    }

    @Test("Only the MQTT nodes of FlowFuse have a place of their own")
    func users() {
        let team = Team.ID.random()
        #expect(TopicGrammar.mount(of: "mq:remote:\(team):x") == "ff/v1/\(team)/c/")
        #expect(TopicGrammar.mount(of: "mq:hosted:\(team):x:1") == "ff/v1/\(team)/c/")
        for name in [
            nil, "", "mq", "mq:remote:\(team)", "mq:other:\(team):x", "device:\(team):x",
            "mq:remote:T/+:x", "plc",
        ] {
            #expect(TopicGrammar.mount(of: name) == nil)
        }
    }

    @Test("The will of a CONNECT stands there too", arguments: [UInt8(4), 5])
    func will(level: UInt8) throws {
        func connect(_ topic: String) -> [UInt8] {
            Packets.connect(
                "mq", user: "mq", password: "p", level: level, flags: 0x06,
                properties: [0x11, 0, 0, 0, 60],
                will: (level == 5 ? [0] : []) + Packets.field(topic) + Packets.field("gone"))
        }
        let packet = try #require(try ConnectPacket.read(connect("state"))?.packet)
        #expect(packet.bytes(mounting: Self.prefix) == connect("ff/v1/t/c/state"))
        let bare = Packets.connect("mq", user: "mq", password: "p", level: level)
        #expect(try ConnectPacket.read(bare)?.packet.bytes(mounting: Self.prefix) == bare)
        let long = try ConnectPacket.read(connect(String(repeating: "x", count: 65_400)))
        #expect(
            try #require(long?.packet).bytes(mounting: String(repeating: "y", count: 200)) == nil)
    }
}
