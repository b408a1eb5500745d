import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@testable import API

@Suite("Overview of devices", .timeLimit(.minutes(10))) struct OverviewTests {
    private let day = Duration.seconds(86_400)

    @Test("Devices and deployments are counted by what a person would do about them")
    func counts() async throws {
        let reports = DeviceHouse.SaidByTest()
        let house = try await HouseFixture { stores, _ in
            [
                OverviewRoutes(
                    stores: stores, runtime: IdleRuntime(), facts: NoFacts(), reports: reports)
            ]
        }
        let factory = try await house.factory()
        let admin = try await house.token(of: factory.administrator)
        let away = try await factory.device("Away", agent: .lineside)
        let here = try await factory.device("Here", agent: .lineside)
        _ = try await factory.device("Never")
        let elsewhere = try await factory.application("Elsewhere")
        let hidden = try await factory.device("Hidden", in: elsewhere, agent: .lineside)
        for id in [here.id, hidden.id] { reports.say(id) { $0.isConnected = true } }
        reports.say(hidden.id) { $0.phase = "failed" }
        _ = away
        let snapshot = try await factory.snapshot("Good", flows: 1)
        _ = try await factory.deployment(of: snapshot, to: [here])

        let all = try await house.call(.get, "overview", as: admin).json
        #expect(all["devices"]?["total"]?.int == 4)
        #expect(all["devices"]?["online"]?.int == 2)
        #expect(all["devices"]?["offline"]?.int == 1)
        #expect(all["devices"]?["faulty"]?.int == 1)
        #expect(all["deployments"]?.object?.members.count == 1)
        // Who sees one application hears of nothing else.
        let mia = try await factory.user("mia", [(.application(factory.application.id), .viewer)])
        let seen = try await house.call(.get, "overview", as: try await house.token(of: mia)).json
        #expect(seen["devices"]?["total"]?.int == 3)
        #expect(seen["devices"]?["faulty"]?.int == 0)
        #expect(house.faults.all == [])
    }

    @Test("A certificate that ends soon and one that is revoked are told apart")
    func certificates() {
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        var facts = DeviceFacts()
        facts.isConnected = true
        func words(_ notAfter: Timestamp?, revoked: Timestamp? = nil) -> Set<DeviceCondition.Word> {
            let head = DeviceHead(
                id: .random(), name: "Press", isEnrolled: true, notAfter: notAfter,
                revokedAt: revoked)
            return DeviceCondition(head, facts, now: now).words
        }
        #expect(words(now + day * 31) == [.online])
        #expect(words(now + day * 29) == [.online, .expiring, .attention])
        #expect(words(now + day * 29, revoked: now) == [.revoked])
        // A stock agent has none.
        #expect(words(nil) == [.online])
    }
}
