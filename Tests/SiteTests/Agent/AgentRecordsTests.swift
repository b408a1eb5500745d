import Basics
import Domain
import LinesideTesting
import Store
import Synchronization
import Testing

@testable import Site

@Suite("Log and samples that a device keeps")
struct AgentRecordsTests {
    private let directory: TemporaryDirectory
    private let records: AgentRecords

    init() async throws {
        directory = try TemporaryDirectory()
        records = AgentRecords(AgentPaths(directory.path))
        try await records.prepare()
    }

    /// All that waits, as the appliance reads it.
    private func told() async throws -> [String] {
        var told: [String] = []
        while let batch = await records.batch() {
            // Beside it stand the words of the request.
            #expect(batch.body.count < DeviceRecords.limit - 65_536)
            told += try DeviceRecords.read(batch.body).log.map(\.text)
            await records.acknowledge(batch)
        }
        return told
    }

    @Test("long ones of a night come in batches that the appliance takes, and none is lost")
    func night() async throws {
        let texts = (0..<600).map { "\($0) " + String(repeating: "at x.js ", count: 1000) }
        for text in texts { await records.note(.error, text, at: .now()) }
        #expect(try await told() == texts)
    }

    @Test("long ones of one moment are all there")
    func burst() async throws {
        let texts = (0..<300).map { "\($0) " + String(repeating: "at x.js ", count: 1000) }
        let kept = try await records.append(
            texts.map { LogRecord(at: .now(), level: .error, text: $0) }, of: .random(),
            upTo: LogPosition(inode: 1, offset: 1))
        #expect(kept.count == 300)
        #expect(try await told() == texts)
    }

    @Test("one that the appliance refuses for what is in it holds up no other")
    func poison() async throws {
        for number in 0..<40 {
            await records.note(.info, number == 17 ? "poison" : "record \(number)", at: .now())
        }
        let told = Mutex<[String]>([])
        // A second round: what is given up ends the first.
        for _ in 0..<2 {
            try await AgentCourier(records: records).deliver {
                (body) async throws(AgentUplinkFault) in
                let texts = (try? DeviceRecords.read(body))?.log.map(\.text) ?? []
                if texts.contains("poison") { throw .refused(status: 413, "too large") }
                told.withLock { $0 += texts }
            }
        }
        let texts = told.withLock { $0 }
        #expect(texts.filter { $0.hasPrefix("record") }.count == 39)
        #expect(texts.contains { $0.hasPrefix("A record of this log could not be sent") })
    }

    @Test("an appliance that is busy loses none")
    func busy() async throws {
        await records.note(.info, "one", at: .now())
        await #expect(throws: AgentUplinkFault.self) {
            try await AgentCourier(records: records).deliver {
                (_) async throws(AgentUplinkFault) in
                throw .refused(status: 503, "busy")
            }
        }
        #expect(try await told() == ["one"])
    }

    @Test("half a line of a power cut spoils neither itself nor what comes behind it")
    func torn() async throws {
        await records.note(.info, "one", at: .now())
        let folder = AgentPaths(directory.path).records
        let name = try #require(try Files.list(folder).first { $0.hasSuffix(".records") })
        let whole = try Files.read("\(folder)/\(name)")
        try Files.replace("\(folder)/\(name)", with: whole + whole.dropLast(9))
        let next = AgentRecords(AgentPaths(directory.path))
        try await next.prepare()
        await next.note(.info, "two", at: .now())
        let batch = try #require(await next.batch())
        #expect(try DeviceRecords.read(batch.body).log.map(\.text) == ["one", "two"])
    }
}
