import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Logs and resources") struct LogStoreTests {
    private func record(_ number: Int, _ level: LogRecord.Level = .info) -> LogRecord {
        LogRecord(
            at: Timestamp(milliseconds: Int64(number)), level: level,
            source: number % 2 == 0 ? .init(type: "function", id: "f1", name: "Scale") : nil,
            text: "line \(number)")
    }

    @Test("Pages go both ways and filter by level and text")
    func pages() async throws {
        let stores = try await Stores.inMemory()
        let instance = Instance.ID.random()
        let kept = try await stores.logs.append(
            (1...100).map { record($0, $0 % 10 == 0 ? .error : .info) }, of: instance)
        #expect(kept.map(\.sequence) == Array(1...100))
        let newest = try await stores.logs.page(of: instance, limit: 10)
        #expect(newest.records.map(\.sequence) == Array(91...100))
        #expect(newest.hasMore && newest.first == 1 && newest.last == 100)
        let before = try await stores.logs.page(of: instance, .before(91), limit: 10)
        #expect(before.records.map(\.sequence) == Array(81...90))
        let after = try await stores.logs.page(of: instance, .after(98), limit: 10)
        #expect(after.records.map(\.sequence) == [99, 100] && !after.hasMore)
        #expect(after.records.first?.source == nil)
        #expect(after.records.last?.source == .init(type: "function", id: "f1", name: "Scale"))
        let errors = try await stores.logs.page(of: instance, .newest, .init(level: .warn))
        #expect(errors.records.count == 10)
        let text = try await stores.logs.page(of: instance, .newest, .init(query: "line 9"))
        #expect(text.records.count == 11)
        #expect(try await stores.logs.page(of: .random()).records.isEmpty)
    }

    @Test("The oldest go when there are too many, by number and by bytes")
    func bounded() async throws {
        let stores = Stores(
            registry: try await .inMemory(),
            history: try await .inMemory(migrations: Migrations.logs),
            logBounds: .init(records: 160, bytes: 100_000))
        let instance = Instance.ID.random()
        for start in 0..<20 {
            _ = try await stores.logs.append(
                (0..<50).map { record(start * 50 + $0) }, of: instance)
            let page = try await stores.logs.page(of: instance, limit: 1000)
            #expect(page.records.count <= 160)
            #expect(page.last == Int64(start * 50 + 50))
        }
        let long = LogRecord(
            at: .now(), level: .info, text: String(repeating: "x", count: 40_000))
        _ = try await stores.logs.append([long, long, long], of: instance)
        let page = try await stores.logs.page(of: instance, limit: 1000)
        #expect(page.records.reduce(0) { $0 + $1.text.utf8.count } <= 100_000)
        #expect(page.last == 1003)
        try await stores.logs.delete(instance)
        #expect(try await stores.logs.page(of: instance).records.isEmpty)
    }

    @Test("How far the file was read moves with the records")
    func position() async throws {
        let stores = try await Stores.inMemory()
        let instance = Instance.ID.random()
        #expect(try await stores.logs.position(of: instance) == nil)
        let position = LogStore.Position(inode: .max, offset: 4096)
        _ = try await stores.logs.append([record(1)], of: instance, readTo: position)
        #expect(try await stores.logs.position(of: instance) == position)
    }

    @Test("Samples are thinned on reading, spikes stay, and old ones go")
    func resources() async throws {
        let stores = try await Stores.inMemory()
        let instance = Instance.ID.random()
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        let samples = (0..<1000).map { number in
            ResourceSample(
                at: start + .seconds(10 * number), rss: number == 500 ? 9_999 : 100, heapUsed: nil,
                cpuPercent: Double(number % 2) * 10, lagMilliseconds: 1)
        }
        let end = start + .seconds(10_000)
        try await stores.resources.append(samples, of: instance, now: end)
        try await stores.resources.append([samples[0]], of: instance, now: end)
        let all = try await stores.resources.list(
            of: instance, from: start, to: start + .seconds(10_000), points: 100)
        #expect(all.count == 100)
        #expect(all.map(\.rss).max() == 9_999)
        #expect(all.allSatisfy { $0.cpuPercent == 5 && $0.heapUsed == nil })
        #expect(try await stores.resources.latest(of: instance) == samples[999])
        for (from, to) in [(Int64.min, Int64.max), (5, 5), (9, 1), (0, Int64.max)] {
            let thinned = try await stores.resources.list(
                of: instance, from: Timestamp(milliseconds: from), to: Timestamp(milliseconds: to),
                points: 10)
            #expect(thinned.count <= 10)
        }
        try await stores.resources.prune(now: start + .seconds(7 * 86_400 + 5_000))
        let rest = try await stores.resources.list(
            of: instance, from: start, to: start + .seconds(10_000), points: 2000)
        #expect(rest.count == 500)
    }

    @Test("However much an owner sends, no more is kept of it than has its place in seven days")
    func flood() async throws {
        let stores = try await Stores.inMemory()
        let owner = Instance.ID.random()
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        func sample(_ at: Timestamp) -> ResourceSample {
            ResourceSample(at: at, rss: 1, heapUsed: nil, cpuPercent: 0, lagMilliseconds: nil)
        }
        let dense = (0..<2_000).map { sample(now - .milliseconds($0 * 5)) }
        try await stores.resources.append(dense, of: owner, now: now)
        // The year 2096, the last moment that there is, and what is older than anything kept.
        let far = [3_976_214_400_000, Int64.max, 0, .min].map {
            sample(Timestamp(milliseconds: $0))
        }
        #expect(try await stores.resources.append(far, of: owner, now: now) == [])
        let kept = try await stores.resources.list(
            of: owner, from: Timestamp(milliseconds: 0), to: Timestamp(milliseconds: .max),
            points: 2_000)
        #expect(kept.count <= 3)
        #expect(try await stores.resources.latest(of: owner)?.at == now)
        let fine = try await stores.resources.list(
            of: owner, from: now - .seconds(60), to: now + .seconds(60), points: 2_000)
        #expect(fine.count == 3)
    }
}
