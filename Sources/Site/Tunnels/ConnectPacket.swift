/// Why a connection's first packet is not taken for an MQTT CONNECT.
enum ConnectFault: Error, Sendable, Equatable {
    case notConnect
    case tooLong
    case malformed(String)
}

/// The first packet of an MQTT connection (3.1.1 §3.1, 5.0 §3.1), as far as whoever vouches for its
/// sender must understand it: everything is walked over, nothing is left at the end, and what is
/// passed on is the same but for the password. Pure.
struct ConnectPacket: Sendable, Equatable {
    /// 4: MQTT 3.1.1; 5: MQTT 5.
    let level: UInt8
    let clientID: String
    let username: String?
    /// Without its fixed header.
    private let body: [UInt8]
    private let flagsAt: Int
    /// Behind the user name.
    private let passwordAt: Int
    /// Where the topic of the will stands, if there is one.
    private let willTopic: Range<Int>?

    /// What the broker takes of a CONNECT; its bytes wait in memory for somebody unknown.
    static let limit = 65_536

    /// - Returns: `nil` while more is needed; else the packet and how many bytes it was.
    static func read(
        _ bytes: [UInt8]
    ) throws(ConnectFault) -> (packet: ConnectPacket, count: Int)? {
        guard let first = bytes.first else { return nil }
        guard first == 0x10 else { throw .notConnect }
        var length = 0
        var index = 1
        while true {
            // Three bytes say up to 2,097,151.
            guard index <= 3 else { throw .tooLong }
            guard index < bytes.count else { return nil }
            let byte = bytes[index]
            length |= Int(byte & 0x7F) << (7 * (index - 1))
            index += 1
            guard byte & 0x80 == 0 else { continue }
            guard byte != 0 || index == 2 else { throw .malformed("length") }
            break
        }
        guard length <= limit else { throw .tooLong }
        guard bytes.count >= index + length else { return nil }
        let packet = try ConnectPacket(body: Array(bytes[index..<index + length]))
        return (packet, index + length)
    }

    private init(body: [UInt8]) throws(ConnectFault) {
        var reader = FieldReader(body)
        guard try reader.field() == Array("MQTT".utf8) else { throw .malformed("protocol name") }
        level = try reader.byte()
        guard level == 4 || level == 5 else { throw .malformed("protocol level") }
        flagsAt = reader.index
        let flags = try reader.byte()
        let hasWill = flags & 0x04 != 0
        guard flags & 0x01 == 0, flags & 0x18 != 0x18, hasWill || flags & 0x38 == 0 else {
            throw .malformed("flags")
        }
        _ = try reader.byte()
        _ = try reader.byte()
        if level == 5 { try reader.skipProperties() }
        clientID = try reader.text()
        if hasWill {
            if level == 5 { try reader.skipProperties() }
            let start = reader.index
            _ = try reader.text()
            willTopic = start + 2..<reader.index
            _ = try reader.field()
        } else {
            willTopic = nil
        }
        username = flags & 0x80 == 0 ? nil : try reader.text()
        passwordAt = reader.index
        if flags & 0x40 != 0 {
            // 3.1.1 §3.1.2.9: no password without a user name.
            guard username != nil || level == 5 else { throw .malformed("password") }
            _ = try reader.field()
        }
        guard reader.isAtEnd else { throw .malformed("bytes behind its end") }
        self.body = body
    }

    /// As it came.
    var original: [UInt8] { Self.framed(body) }

    /// The same with this password instead of its own.
    func bytes(password: [UInt8]) -> [UInt8] {
        var body = Array(self.body[..<passwordAt])
        body[flagsAt] |= 0x40
        body += [UInt8(password.count >> 8 & 0xFF), UInt8(password.count & 0xFF)] + password
        return Self.framed(body)
    }

    /// The same with the topic of its will under a prefix.
    /// - Returns: `nil` if that gets too long.
    func bytes(mounting prefix: String) -> [UInt8]? {
        guard let willTopic else { return original }
        let topic = Array(prefix.utf8) + body[willTopic]
        guard topic.count <= 65_535 else { return nil }
        let size = [UInt8(topic.count >> 8), UInt8(topic.count & 0xFF)]
        return Self.framed(
            Array(body[..<(willTopic.lowerBound - 2)]) + size + topic
                + body[willTopic.upperBound...])
    }

    private static func framed(_ body: [UInt8]) -> [UInt8] {
        var packet: [UInt8] = [0x10]
        var length = body.count
        repeat {
            packet.append(UInt8(length & 0x7F) | (length > 0x7F ? 0x80 : 0))
            length >>= 7
        } while length > 0
        return packet + body
    }

    enum Refusal: Sendable {
        case notAuthorized
        case serverUnavailable
    }

    /// A CONNACK that says no, in the sender's version.
    func refusal(_ refusal: Refusal) -> [UInt8] {
        switch (level, refusal) {
        case (5, .notAuthorized): [0x20, 3, 0, 0x87, 0]
        case (5, .serverUnavailable): [0x20, 3, 0, 0x88, 0]
        case (_, .notAuthorized): [0x20, 2, 0, 5]
        case (_, .serverUnavailable): [0x20, 2, 0, 3]
        }
    }
}

/// Fields of a packet, each no longer than what is left.
struct FieldReader {
    private let bytes: [UInt8]
    private(set) var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    mutating func byte() throws(ConnectFault) -> UInt8 {
        guard index < bytes.count else { throw .malformed("cut short") }
        defer { index += 1 }
        return bytes[index]
    }

    /// Two bytes of length, then as many.
    mutating func field() throws(ConnectFault) -> [UInt8] {
        let high = Int(try byte())
        let count = high << 8 | Int(try byte())
        guard bytes.count - index >= count else { throw .malformed("cut short") }
        defer { index += count }
        return Array(bytes[index..<index + count])
    }

    mutating func text() throws(ConnectFault) -> String {
        let field = try field()
        guard !field.contains(0), let text = String(validating: field, as: UTF8.self) else {
            throw .malformed("text")
        }
        return text
    }

    /// As they stand, their length before them.
    mutating func properties() throws(ConnectFault) -> ArraySlice<UInt8> {
        let start = index
        try skipProperties()
        return bytes[start..<index]
    }

    mutating func skipProperties() throws(ConnectFault) {
        var length = 0
        for place in 0..<4 {
            let byte = try byte()
            length |= Int(byte & 0x7F) << (7 * place)
            if byte & 0x80 == 0 {
                guard byte != 0 || place == 0 else { throw .malformed("length") }
                guard bytes.count - index >= length else { throw .malformed("cut short") }
                index += length
                return
            }
        }
        throw .malformed("length")
    }
}
