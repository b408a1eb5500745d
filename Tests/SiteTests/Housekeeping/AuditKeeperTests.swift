import Basics
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Audit keeper") struct AuditKeeperTests {
    let clock = SettableClock()
    let directory: TemporaryDirectory
    let stores: Stores
    let keeper: AuditKeeper

    init() async throws {
        let clock = clock
        directory = try TemporaryDirectory()
        stores = Stores(
            registry: try await .inMemory(clock: { clock.now }),
            history: try await .inMemory(migrations: Migrations.logs))
        let time = SteadyTime(
            settings: stores.settings, clock: { clock.now }, uptime: { clock.up })
        keeper = AuditKeeper(stores: stores, time: time, directory: "\(directory.path)/audit")
        _ = try await time.look()
    }

    func record(_ text: String) async throws {
        try await stores.audit.record(
            AuditEvent(
                kind: "test.made", object: .site, after: Array(#"{"a":1}"#.utf8), text: text),
            by: .site)
    }

    var texts: [String] {
        get async throws { try await stores.audit.list().items.map(\.event.text) }
    }

    var files: [String] { (try? Files.list("\(directory.path)/audit").sorted()) ?? [] }

    func run(days: Int) async throws {
        clock.run(.seconds(days * 86_400))
        _ = try await keeper.advance(now: clock.now)
    }

    @Test("Events that are older than they are kept lie in a file, whole, and no more in the list")
    func moves() async throws {
        try await record("first")
        try await record("second")
        try await run(days: 300)
        try await record("young")
        #expect(try await texts == ["young", "second", "first"])
        try await run(days: 140)
        let left = try await texts
        #expect(left.dropFirst() == ["young"])
        #expect(left.first?.hasPrefix("2 audit events, 2027-01-15 to 2027-01-15, moved") == true)
        #expect(files == ["audit-0000000001-0000000002.jsonl.zst"])
        let packed = try Files.read("\(directory.path)/audit/\(try #require(files.first))")
        let text = try #require(Zstandard.decompress(packed[...], limit: 1 << 20))
        let lines = text.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 2)
        let second = try JSONReader.read(Array(lines[1]))
        #expect(second["text"]?.string == "second")
        #expect(second["after"]?["a"]?.int == 1)
    }

    @Test("A file that a kill left without the removal is written once more, the same")
    func killed() async throws {
        try await record("first")
        clock.run(.seconds(440 * 86_400))
        try Files.makeDirectory("\(directory.path)/audit")
        try Files.replace(
            "\(directory.path)/audit/audit-0000000001-0000000001.jsonl.zst", with: [1])
        #expect(try await keeper.advance(now: clock.now) == 1)
        #expect(files == ["audit-0000000001-0000000001.jsonl.zst"])
        #expect(try Files.read("\(directory.path)/audit/\(files[0])").count > 1)
    }

    @Test("Where the file cannot be written nothing is removed")
    func full() async throws {
        try await record("first")
        try Files.replace("\(directory.path)/audit", with: [])
        clock.run(.seconds(440 * 86_400))
        await #expect(throws: SystemError.self) { try await keeper.advance(now: clock.now) }
        #expect(try await texts == ["first"])
    }

    @Test("A clock that is years ahead moves nothing, and events that it dated block nothing")
    func wrongClock() async throws {
        try await record("first")
        clock.set(ahead: .seconds(1000 * 86_400))
        try await record("future")
        #expect(try await keeper.advance(now: clock.now) == 0)
        clock.set(ahead: .zero - .seconds(1000 * 86_400))
        try await run(days: 440)
        #expect(try await texts.contains("future"))
        #expect(try await !texts.contains("first"))
    }

    @Test("What a clock without a battery dated 1970 stays as long as what was written before it")
    func farBack() async throws {
        try await record("first")
        clock.set(ahead: .zero - .milliseconds(clock.now.milliseconds))
        try await record("in 1970")
        clock.set(ahead: .milliseconds(1_800_000_000_000))
        #expect(try await keeper.advance(now: clock.now) == 0)
        #expect(try await texts == ["in 1970", "first"])
    }

    @Test("How long they are kept is the site's to say, with an audit event")
    func setting() async throws {
        #expect(try await stores.audit.keptDays() == 400)
        try await stores.audit.setKeptDays(90, by: .site)
        #expect(try await stores.audit.keptDays() == 90)
        try await record("first")
        try await run(days: 130)
        #expect(try await !texts.contains("first"))
    }
}
