import Domain
import MQTT

/// Why a connection cannot go on with its topics under a prefix. One sentence.
struct MountFault: Error, Sendable, Equatable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// One direction of an MQTT connection (3.1.1 or 5) whose topics stand under a prefix at the broker
/// and without it at the client, as FlowFuse has it for its MQTT nodes. Behind the CONNECT. Payloads
/// pass as they come; at most one packet without payload is held. Pure.
struct TopicMount: Sendable {
    enum Way: Sendable { case toBroker, toClient }

    private enum Kind {
        static let publish: UInt8 = 3
        static let subscribe: UInt8 = 8
        static let unsubscribe: UInt8 = 10
    }

    private let prefix: [UInt8]
    private let hasProperties: Bool
    private let way: Way
    /// What is not whole yet of a header, or of a packet that is read whole.
    private var held: [UInt8] = []
    /// Bytes of the packet under way that pass as they are.
    private var passing = 0

    /// Filters of one SUBSCRIBE; nobody asks for so many topics at once.
    static let limit = 65_536

    /// - Parameter level: of the protocol, as the CONNECT says.
    init(_ prefix: String, level: UInt8, way: Way) {
        self.prefix = Array(prefix.utf8)
        hasProperties = level == 5
        self.way = way
    }

    /// - Returns: what goes on now.
    mutating func pass(_ bytes: UnsafeRawBufferPointer) throws(MountFault) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + prefix.count)
        var rest = bytes[...]
        while !rest.isEmpty {
            if passing > 0 {
                let part = rest.prefix(passing)
                output += part
                passing -= part.count
                rest = rest.dropFirst(part.count)
                continue
            }
            // Headers are short: what is taken too much of a payload is given back.
            let part = rest.prefix(max(wanted - held.count, 1))
            held += part
            rest = rest.dropFirst(part.count)
            try take(&output)
        }
        return output
    }

    /// How much must be held before it is worth looking again.
    private var wanted = 2

    private mutating func take(_ output: inout [UInt8]) throws(MountFault) {
        guard held.count >= 2 else { return }
        let reading = held.withUnsafeBytes {
            VaryingInteger.read(UnsafeRawBufferPointer(rebasing: $0[1...]))
        }
        let body: (length: Int, at: Int)
        switch reading {
        case .incomplete: return wanted = held.count + 1
        case .malformed: throw MountFault("a length is not in its shortest form")
        case .value(let value, let count): body = (Int(value), 1 + count)
        }
        switch held[0] >> 4 {
        case Kind.publish: try takePublish(body, &output)
        case Kind.subscribe where way == .toBroker, Kind.unsubscribe where way == .toBroker:
            try takeFilters(body, &output)
        default: release(body, &output)
        }
    }

    /// Lets the packet under way go on as it is.
    private mutating func release(_ body: (length: Int, at: Int), _ output: inout [UInt8]) {
        output += held
        passing = body.at + body.length - held.count
        (held, wanted) = ([], 2)
    }

    private mutating func takePublish(
        _ body: (length: Int, at: Int), _ output: inout [UInt8]
    ) throws(MountFault) {
        guard body.length >= 2 else { throw MountFault("a message without a topic") }
        guard held.count >= body.at + 2 else { return wanted = body.at + 2 }
        let count = Int(held[body.at]) << 8 | Int(held[body.at + 1])
        guard count + 2 <= body.length else { throw MountFault("a topic past its packet") }
        let end = body.at + 2 + count
        guard held.count >= end else { return wanted = end }
        let topic = held[(body.at + 2)..<end]
        // None: the broker and the client have a number for it (5.0 §3.3.2.3.4).
        guard !topic.isEmpty else { return release(body, &output) }
        let other: [UInt8]
        switch way {
        case .toBroker: other = prefix + topic
        case .toClient:
            // What stands elsewhere keeps its name; nothing else is to be heard there.
            guard topic.starts(with: prefix), topic.count > prefix.count else {
                return release(body, &output)
            }
            other = Array(topic.dropFirst(prefix.count))
        }
        let length = body.length - count + other.count
        try Self.check(other, length)
        output.append(held[0])
        VaryingInteger.write(length, into: &output)
        Self.write(other, to: &output)
        passing = body.length - 2 - count
        (held, wanted) = ([], 2)
    }

    private mutating func takeFilters(
        _ body: (length: Int, at: Int), _ output: inout [UInt8]
    ) throws(MountFault) {
        guard body.length <= Self.limit else { throw MountFault("too many topics at once") }
        guard held.count >= body.at + body.length else { return wanted = body.at + body.length }
        var reader = FieldReader(Array(held[body.at...]))
        var changed: [UInt8] = []
        do throws(ConnectFault) {
            changed += [try reader.byte(), try reader.byte()]
            if hasProperties { changed += try reader.properties() }
            while !reader.isAtEnd {
                let filter = mounted(try reader.field())
                guard filter.count <= 65_535 else { throw .tooLong }
                Self.write(filter, to: &changed)
                if held[0] >> 4 == Kind.subscribe { changed.append(try reader.byte()) }
            }
        } catch { throw MountFault("topics that cannot be read: \(error)") }
        try Self.check([], changed.count)
        output.append(held[0])
        VaryingInteger.write(changed.count, into: &output)
        output += changed
        (held, wanted) = ([], 2)
    }

    /// A shared subscription (5.0 §4.8.2) keeps the name of those who share.
    private func mounted(_ filter: [UInt8]) -> [UInt8] {
        let shared = Array(TopicGrammar.sharedPrefix.utf8)
        guard filter.starts(with: shared),
            let end = filter.dropFirst(shared.count).firstIndex(of: UInt8(ascii: "/"))
        else { return prefix + filter }
        return Array(filter[...end]) + prefix + filter[(end + 1)...]
    }

    private static func check(_ topic: [UInt8], _ length: Int) throws(MountFault) {
        guard topic.count <= 65_535, length <= VaryingInteger.maximum else {
            throw MountFault("a topic that is too long")
        }
    }

    private static func write(_ field: [UInt8], to output: inout [UInt8]) {
        output += [UInt8(field.count >> 8), UInt8(field.count & 0xFF)] + field
    }
}

/// Both directions of one connection. Confined to its loop.
final class MountedTopics {
    private var there: TopicMount
    private var back: TopicMount

    init(_ prefix: String, level: UInt8) {
        there = TopicMount(prefix, level: level, way: .toBroker)
        back = TopicMount(prefix, level: level, way: .toClient)
    }

    /// - Returns: `nil` for what is no MQTT: the connection is to end.
    func toBroker(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? { try? there.pass(bytes) }
    func toClient(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? { try? back.pass(bytes) }
}
