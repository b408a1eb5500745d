import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Testing

@Suite("Retention and vault") struct RetentionRoutesTests {
    @Test("An administrator reads and changes how long versions are kept")
    func retention() async throws {
        let house = try await HouseFixture()
        let factory = try await house.factory()
        let admin = try await house.token(of: factory.administrator)
        let standard = try await house.call(.get, "site/retention", as: admin)
        #expect(standard.json["keepVersions"]?.int == 1000)
        #expect(standard.json["keepDays"]?.int == 365)
        let changed = try await house.call(
            .patch, "site/retention", JSONObject([("keepDays", .number("0"))]), as: admin)
        #expect(changed.json["keepVersions"]?.int == 1000)
        #expect(changed.json["keepDays"]?.int == 0)
        #expect(changed.json["keepAuditDays"]?.int == 400)
        let audit = try await house.call(
            .patch, "site/retention", JSONObject([("keepAuditDays", .number("800"))]), as: admin)
        #expect(audit.json["keepAuditDays"]?.int == 800)
        #expect(try await house.call(.post, "site/clock/confirm", as: admin).status == 204)
        for (field, value) in [
            ("keepVersions", "0"), ("keepDays", "36501"), ("keepDays", "-1"),
            ("keepAuditDays", "89"),
        ] {
            let answer = try await house.call(
                .patch, "site/retention", JSONObject([(field, .number(value))]), as: admin)
            #expect(answer.status == 422)
        }
        let events = try await house.call(.get, "audit?kind=site.changed", as: admin)
        #expect(events.text.contains("keepDays"))
        #expect(house.faults.all == [])
    }

    @Test("The vault says what it holds, and what is damaged of it with what that affects")
    func vault() async throws {
        let house = try await HouseFixture()
        let admin = try await house.token(of: try await house.factory().administrator)
        let empty = try await house.call(.get, "site/vault", as: admin)
        #expect(empty.json["files"]?.int == 0)
        #expect(empty.json["lastScrub"]?.isNull == true)
        #expect(empty.json["damaged"]?.array?.isEmpty == true)
        let digest = String(repeating: "ab", count: 32)
        try await house.stores.settings.setValue(
            "vault.scrub",
            to: #"{"finishedAt":"2026-01-02T03:04:05.000Z","damaged":{"\#(digest)":[]}}"#)
        let damaged = try await house.call(.get, "site/vault", as: admin)
        #expect(damaged.json["lastScrub"]?.string == "2026-01-02T03:04:05.000Z")
        #expect(damaged.json["damaged"]?.array?.first?["digest"]?.string == digest)
        #expect(house.faults.all == [])
    }
}
