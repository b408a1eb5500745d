import Basics
import Domain
import Store
import Synchronization
import Testing

@testable import Site

@Suite("Records of devices") struct DeviceRecordKeeperTests {
    static let now = Timestamp(milliseconds: 1_800_000_000_000)
    let stores: Stores
    let keeper: DeviceRecordKeeper
    private let uptime = Uptime()
    let bus = EventBus()
    let device = Device.ID.random()
    var owner: Instance.ID { get throws { try #require(Instance.ID(device.text)) } }

    init() async throws {
        stores = try await Stores.inMemory()
        keeper = DeviceRecordKeeper(
            logs: stores.logs, resources: stores.resources, bus: bus, clock: { Self.now },
            elapsed: { [uptime] in uptime.now.withLock { $0 } })
    }

    func batch(
        _ texts: [String], from: Int64, boot: String = "b1", clock: Timestamp = Self.now
    ) -> [UInt8] {
        DeviceRecords(
            boot: boot, from: from, clock: clock,
            log: texts.enumerated().map { index, text in
                LogRecord(at: clock - .seconds(100 - index), level: .info, text: text)
            },
            samples: [
                ResourceSample(
                    at: clock, rss: 5, heapUsed: nil, cpuPercent: 1, lagMilliseconds: 2)
            ]
        ).json
    }

    var texts: [String] {
        get async throws { try await stores.logs.page(of: owner).records.map(\.text) }
    }

    @Test("What comes twice is kept once, however it overlaps")
    func idempotent() async throws {
        #expect(try await keeper.keep(batch(["0", "1"], from: 0), of: device) == 2)
        #expect(try await keeper.keep(batch(["0", "1"], from: 0), of: device) == 2)
        #expect(try await keeper.keep(batch(["1", "2", "3"], from: 1), of: device) == 4)
        #expect(try await keeper.keep(batch([], from: 1), of: device) == 4)
        #expect(try await texts == ["0", "1", "2", "3"])
        let samples = try await stores.resources.list(
            of: owner, from: Self.now - .seconds(60), to: Self.now + .seconds(60))
        #expect(samples.count == 1)
    }

    @Test("A device that lost its oldest records goes on behind the gap; a new boot begins at 0")
    func gaps() async throws {
        #expect(try await keeper.keep(batch(["9"], from: 9), of: device) == 10)
        #expect(try await keeper.keep(batch(["n"], from: 0, boot: "b2"), of: device) == 1)
        #expect(try await texts == ["9", "n"])
    }

    @Test(
        "A clock that is far off is corrected, and a line says so once",
        arguments: [3_600_000, 4_102_444_800_000])
    func wrongClock(milliseconds: Int64) async throws {
        let clock = Timestamp(milliseconds: milliseconds)
        _ = try await keeper.keep(batch(["a"], from: 0, clock: clock), of: device)
        _ = try await keeper.keep(batch(["b"], from: 1, clock: clock), of: device)
        let records = try await stores.logs.page(of: owner).records
        #expect(records.count == 3)
        #expect(records.first?.level == .warn)
        #expect(records.first?.text.contains("times are corrected") == true)
        for record in records {
            #expect(abs(record.at.milliseconds - Self.now.milliseconds) < 200_000)
        }
    }

    @Test("A clock that is nearly right is left alone")
    func rightClock() async throws {
        let clock = Self.now - .seconds(300)
        _ = try await keeper.keep(batch(["a"], from: 0, clock: clock), of: device)
        let records = try await stores.logs.page(of: owner).records
        #expect(records.map(\.at) == [clock - .seconds(100)])
    }

    @Test(
        "What is no batch is refused with a sentence",
        arguments: [
            "", "[]", "{}", #"{"boot":"b","from":-1}"#, #"{"boot":"b","from":0,"log":[1]}"#,
            #"{"boot":"b","from":0,"log":[{"at":1,"level":"loud","text":"x"}]}"#,
            #"{"boot":"b","from":0,"samples":[{"at":1,"rss":-1,"cpuPercent":1}]}"#,
        ])
    func malformed(text: String) async throws {
        let fault = await #expect(throws: DeviceRecordKeeper.Fault.self) {
            _ = try await keeper.keep(Array(text.utf8), of: device)
        }
        guard case .malformed = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    @Test(
        "Numbers at their ends are kept as what they can be, or refused; nothing falls over",
        arguments: [
            Int64.min, .min + 1, -1, 0, 1, 253_402_300_799_999, 253_402_300_800_000, .max - 1, .max,
        ])
    func extremes(number: Int64) async throws {
        let hour = Self.now - .seconds(3_600)
        let bodies = [
            #"{"boot":"x","from":1,"clock":\#(hour.milliseconds),"log":[{"at":\#(number),"#
                + #""level":"info","text":"t"}]}"#,
            #"{"boot":"x","from":1,"clock":\#(number),"log":[{"at":5,"level":"info","text":"t"}]}"#,
            #"{"boot":"y","from":\#(number),"log":[{"at":5,"level":"info","text":"t"}]}"#,
            #"{"boot":"z","from":0,"samples":[{"at":\#(number),"rss":\#(number),"#
                + #""heapUsed":\#(number),"cpuPercent":\#(number),"lagMS":\#(number)}]}"#,
        ]
        for body in bodies {
            do throws(DeviceRecordKeeper.Fault) {
                _ = try await keeper.keep(Array(body.utf8), of: device)
            } catch {
                guard case .malformed = error else { throw error }
            }
        }
        for record in try await stores.logs.page(of: owner).records {
            #expect(record.at.milliseconds >= -4_000_000 && record.at <= Self.now)
        }
    }

    @Test("A device that floods is told to wait")
    func flood() async throws {
        var refused = 0
        for number in 0..<60 {
            do { _ = try await keeper.keep(batch(["x"], from: Int64(number)), of: device) } catch {
                #expect(error == .tooMany)
                refused += 1
            }
        }
        #expect(refused >= 20)
        uptime.now.withLock { $0 = .seconds(10) }
        _ = try await keeper.keep(batch(["x"], from: 60), of: device)
    }
}

private final class Uptime: Sendable { let now = Mutex(Duration.zero) }
