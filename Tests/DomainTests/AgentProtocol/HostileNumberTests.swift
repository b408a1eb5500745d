import Basics
import Testing

@testable import Domain

/// Every number of every message that a device may send, put to its ends.
@Suite("Numbers from outside")
struct HostileNumberTests {
    static let ends: [String] = [
        "-9223372036854775808", "-9223372036854775807", "-1", "0", "1", "253402300799999",
        "253402300800000", "4503599627370497", "9223372036854775806", "9223372036854775807",
        "9223372036854775808", "1e15", "1e300", "-1e300", "1e400", "0.5",
    ]
    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// The text with each of its numbers in turn replaced, and with all of them.
    static func variants(of bytes: [UInt8], _ end: String) throws -> [[UInt8]] {
        let value = try JSONReader.read(bytes)
        var total = 0
        _ = replaced(value, end, only: nil, &total)
        return (0..<total).map { index in
            var count = 0
            return replaced(value, end, only: index, &count).json
        }
            + [value].map {
                var count = 0
                return replaced($0, end, only: nil, &count).json
            }
    }

    private static func replaced(
        _ value: JSONValue, _ end: String, only index: Int?, _ count: inout Int
    ) -> JSONValue {
        switch value {
        case .number:
            defer { count += 1 }
            return index == nil || index == count ? .number(end) : value
        case .array(let elements):
            return .array(elements.map { replaced($0, end, only: index, &count) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { ($0.key, replaced($0.value, end, only: index, &count)) }))
        case .null, .bool, .string: return value
        }
    }

    /// What reads must be writable, and read the same again.
    func survives<Message: AgentMessage & Equatable>(
        _ message: Message, _ end: String, _ use: (Message) -> Void = { _ in }
    ) throws {
        #expect(try Message.read(message.bytes) == message)
        for bytes in try Self.variants(of: message.bytes, end) {
            let read: Message
            do throws(AgentProtocolFault) { read = try Message.read(bytes) } catch { continue }
            #expect(try Message.read(read.bytes) == read)
            use(read)
        }
    }

    @Test("a desired document and every command bear them", arguments: ends)
    func commands(end: String) throws {
        let document = try AgentMessageTests.document()
        try survives(document, end) { document in
            _ = document.window?.admits(Self.now)
            #expect(document.revision < document.revision + 1)
            #expect(Timestamp.plausible.contains(document.time.milliseconds))
        }
        for order in [
            AgentCommand.Order.apply(document, retry: false), .fetch(revision: 3, retry: true),
            .watch(seconds: 30), .restart,
        ] {
            try survives(AgentCommand(order: order, at: Self.now), end) {
                #expect(Timestamp.plausible.contains($0.at.milliseconds))
            }
        }
    }

    @Test("a status, a transaction and the journal bear them", arguments: ends)
    func reports(end: String) throws {
        let transaction = AgentTransaction(
            phase: .fetch, revision: 4, done: 5, of: 9, until: Self.now)
        try survives(transaction, end) { #expect($0.done >= 0 && $0.of >= 0) }
        try survives(
            AgentStatus(
                revision: 3, snapshot: nil, state: .running, mode: .autonomous,
                transaction: transaction, agentVersion: "1", nodeREDVersion: nil,
                nodeVersion: nil, uptime: 12, clock: Self.now, bootID: "b", serial: "0a",
                problem: nil), end
        ) { status in
            #expect(max(status.revision, status.transaction.revision) + 1 > 0)
            _ = status.clock.rfc3339 + (status.transaction.until?.rfc3339 ?? "")
        }
        var record = TransactionRecord()
        record.committed = 5
        record.revision = 6
        try survives(record, end) { #expect($0.committed + 1 > 0) }
        try survives(AgentReply(.random(), refusal: .init(code: "busy", text: "1")), end)
    }

    @Test("a batch of records bears them, whatever the clock is corrected by", arguments: ends)
    func records(end: String) throws {
        let sample = ResourceSample(
            at: Self.now, rss: 5, heapUsed: 6, cpuPercent: 7, lagMilliseconds: 8)
        let batch = DeviceRecords(
            boot: "b", from: 1, clock: Self.now - .seconds(3_600),
            log: [LogRecord(at: Self.now, level: .info, text: "t")], samples: [sample])
        try survives(batch, end) { batch in
            let offset = batch.correction(now: Self.now)
            let corrected = batch.corrected(by: offset, now: Self.now)
            #expect(corrected.log.allSatisfy { $0.at <= Self.now })
            #expect(corrected.samples.allSatisfy { $0.rss >= 0 && $0.cpuPercent.isFinite })
            #expect(batch.from + Int64(batch.log.count) > 0)
        }
    }

    @Test("a stock agent's status, log and samples bear them", arguments: ends)
    func stock(end: String) throws {
        let status = Array(#"{"state":"running","health":{"uptime":5},"ts":6}"#.utf8)
        for bytes in try Self.variants(of: status, end) {
            guard case .status(let read)? = try? StockStatus.read(bytes) else { continue }
            #expect(read.uptimeSeconds.map { $0 >= 0 && $0 + 1 > 0 } ?? true)
            _ = read.report(at: Self.now, after: nil)
        }
        let samples = Array(#"[{"ts":1,"ps":2,"cpu":3,"el99":4,"ela":5}]"#.utf8)
        for bytes in try Self.variants(of: samples, end) {
            for sample in (try? StockSamples.read(bytes, at: Self.now)) ?? [] {
                #expect(sample.rss >= 0 && sample.cpuPercent.isFinite)
                _ = sample.at.rfc3339
            }
        }
        for digits in [end, "9223372036854775807", "99999999999999990000", "00000000000000"] {
            let line = Array(#"[{"ts":"\#(digits)","level":"info","msg":"t"}]"#.utf8)
            for record in (try? StockLog.read(line, at: Self.now)) ?? [] {
                #expect(record.at <= Self.now)
            }
        }
    }
}
