import Testing

@testable import Site

/// Makes packets, right ones and wrong ones.
enum Packets {
    static func field(_ text: String) -> [UInt8] { field(Array(text.utf8)) }

    static func field(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }

    static func length(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var left = count
        repeat {
            bytes.append(UInt8(left & 0x7F) | (left > 0x7F ? 0x80 : 0))
            left >>= 7
        } while left > 0
        return bytes
    }

    static func packet(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
        [first] + length(body.count) + body
    }

    static func connect(
        _ client: String, user: String?, password: String? = nil, level: UInt8 = 4,
        flags extra: UInt8 = 2, properties: [UInt8] = [], will: [UInt8] = [], name: String = "MQTT",
        tail: [UInt8] = []
    ) -> [UInt8] {
        let flags = extra | (user == nil ? 0 : 0x80) | (password == nil ? 0 : 0x40)
        var body = field(name) + [level, flags, 0, 60]
        if level == 5 { body += length(properties.count) + properties }
        body += field(client) + will
        if let user { body += field(user) }
        if let password { body += field(password) }
        return packet(0x10, body + tail)
    }
}

@Suite("CONNECT packet") struct ConnectPacketTests {
    private func read(_ bytes: [UInt8]) throws(ConnectFault) -> ConnectPacket? {
        try ConnectPacket.read(bytes)?.packet
    }

    @Test("Both versions are read, and only the password is another", arguments: [UInt8(4), 5])
    func rewritten(level: UInt8) throws {
        let will =
            (level == 5 ? [0] : []) + Packets.field("status") + Packets.field([0, 255, 1])
        for password in [nil, "what the device says"] {
            let bytes = Packets.connect(
                "press-4", user: "press-4", password: password, level: level, flags: 0x06,
                properties: [0x11, 0, 0, 0, 60], will: will)
            let packet = try #require(try read(bytes))
            #expect(packet.clientID == "press-4")
            #expect(packet.username == "press-4")
            #expect(packet.original == bytes)
            let expected = Packets.connect(
                "press-4", user: "press-4", password: "secret", level: level, flags: 0x06,
                properties: [0x11, 0, 0, 0, 60], will: will)
            #expect(packet.bytes(password: Array("secret".utf8)) == expected)
        }
    }

    @Test("It may come byte by byte, and what follows it is left alone")
    func pieces() throws {
        let bytes = Packets.connect(String(repeating: "c", count: 300), user: "u")
        for count in 0..<bytes.count {
            #expect(try ConnectPacket.read(Array(bytes[..<count])) == nil)
        }
        #expect(try ConnectPacket.read(bytes + [0xC0, 0])?.count == bytes.count)
    }

    @Test(
        "Whatever else it is is refused",
        arguments: [
            Packets.packet(0x30, []),
            Packets.packet(0x11, []),
            Packets.connect("c", user: "u", level: 3),
            Packets.connect("c", user: "u", level: 6),
            Packets.connect("c", user: "u", name: "MQIsdp"),
            // The reserved bit, a third QoS, a will's flags without a will.
            Packets.connect("c", user: "u", flags: 3),
            Packets.connect("c", user: "u", flags: 0x1E, will: [0, 1, 0x61, 0, 0]),
            Packets.connect("c", user: "u", flags: 0x20),
            // A will that is not there.
            Packets.connect("c", user: nil, flags: 0x06),
            Packets.connect("c", user: nil, password: "p"),
            Packets.connect("c", user: "u", tail: [0]),
            Packets.connect("c\0d", user: "u"),
            // Longer than a byte says, than the packet, than allowed; said in more bytes than needed.
            Packets.packet(0x10, [0, 200, 1, 2]),
            [0x10, 0x80, 0x00],
            [0x10, 0x80, 0x80, 0x00],
            [0x10, 0xFF, 0xFF, 0xFF, 0x01],
            [0x10, 0xFF, 0xFF, 0x7F],
            [0x10] + Packets.length(ConnectPacket.limit + 1),
            Packets.packet(
                0x10, Packets.field("MQTT") + [5, 2, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x01]),
            Packets.packet(0x10, Packets.field("MQTT") + [5, 2, 0, 0, 9, 1]),
            Packets.packet(0x10, Packets.field("MQTT") + [4, 2, 0, 0] + [0, 1, 0xFF]),
        ])
    func malformed(bytes: [UInt8]) {
        #expect(throws: ConnectFault.self) { try ConnectPacket.read(bytes) }
    }

    @Test("No bytes whatever do more than be refused or waited for")
    func fuzz() throws {
        var random = SystemRandomNumberGenerator()
        let seeds = [
            Packets.connect("press-4", user: "press-4", password: "p", level: 4),
            Packets.connect(
                "press-4", user: "u", level: 5, flags: 0x06, properties: [0x11, 0, 0, 0, 60],
                will: [0] + Packets.field("t") + Packets.field("p")),
        ]
        for round in 0..<20_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.insert(.random(in: 0...255, using: &random), at: place)
                default: if bytes.count > 1 { bytes.remove(at: place) }
                }
            }
            guard let found = try? ConnectPacket.read(bytes) else { continue }
            // Nobody is vouched for without a name, and 3.1.1 knows no password alone.
            guard found.packet.username != nil || found.packet.level == 5 else { continue }
            // What is passed on is what was read, whatever that was.
            let passed = found.packet.bytes(password: [1, 2, 3])
            let again = try ConnectPacket.read(passed)
            #expect(again?.count == passed.count)
            #expect(again?.packet.clientID == found.packet.clientID)
            #expect(again?.packet.username == found.packet.username)
            #expect(found.packet.original == Array(bytes[..<found.count]))
        }
    }
}
