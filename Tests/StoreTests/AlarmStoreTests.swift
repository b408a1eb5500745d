import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Alarms and audit") struct AlarmStoreTests {
    @Test("An alarm is raised once, cleared once, and may come again")
    func once() async throws {
        let factory = try await Factory()
        let alarms = factory.stores.alarms
        let instance = try await factory.instance("OEE")
        func raise(_ text: String) async throws -> (alarm: Alarm, isNews: Bool) {
            try await alarms.raise(
                .instanceCrashed, on: instance.reference, at: instance.path, text: text)
        }
        let first = try await raise("It crashed.")
        let again = try await raise("It crashed.")
        let other = try await raise("It crashed again.")
        #expect([first.isNews, again.isNews, other.isNews] == [true, false, true])
        #expect(Set([first.alarm.id, again.alarm.id, other.alarm.id]).count == 1)
        let anna = Actor.user(factory.administrator.id, name: "anna")
        let acknowledged = try await alarms.acknowledge(first.alarm.id, by: anna)
        #expect(acknowledged.acknowledgedBy == "anna")
        #expect(try await alarms.clear(.instanceCrashed, on: instance.reference) != nil)
        #expect(try await alarms.clear(.instanceCrashed, on: instance.reference) == nil)
        #expect(try await alarms.list().count == 0)
        #expect(try await raise("It crashed.").isNews)
        #expect(try await alarms.list(.init()).count == 2)
        #expect(try await alarms.list(.init(open: false)).count == 1)
    }

    @Test("Who sees no application sees no alarm of it, nor one of the site")
    func visible() async throws {
        let factory = try await Factory()
        let alarms = factory.stores.alarms
        let instance = try await factory.instance("OEE")
        try await alarms.raise(
            .instanceCrashed, on: instance.reference, at: instance.path, text: "a")
        try await alarms.raise(.siteDisk, on: .site, at: .site, text: "b")
        func count(_ applications: [Application.ID]) async throws -> Int {
            try await alarms.list(
                .init(open: true, visible: .init(teams: [], applications: applications))
            ).count
        }
        #expect(try await alarms.list().count == 2)
        #expect(try await count([]) == 0)
        #expect(try await count([factory.application.id]) == 1)
    }

    @Test("The alarms of a deleted instance go with it")
    func deleted() async throws {
        let factory = try await Factory()
        let instance = try await factory.instance("OEE")
        try await factory.stores.alarms.raise(
            .instanceCrashed, on: instance.reference, at: instance.path, text: "a")
        try await factory.stores.instances.delete(instance.id, by: .site)
        #expect(try await factory.stores.alarms.list(.init()).count == 0)
    }

    @Test("Audit events are filtered by who, what, which object and which team")
    func audit() async throws {
        let factory = try await Factory()
        let audit = factory.stores.audit
        let team = try await factory.team("Press shop")
        let anna = Actor.user(factory.administrator.id, name: "anna", address: "10.0.0.7")
        _ = try await factory.stores.teams.rename(
            team.id, to: try Name(validating: "Presses"), by: anna)
        let byAnna = try await audit.list(.init(actor: "anna"))
        let entry = try #require(byAnna.items.first)
        #expect(byAnna.count == 1)
        #expect(entry.address == "10.0.0.7")
        #expect(entry.event.before == Array(#"{"name":"Press shop"}"#.utf8))
        #expect(entry.event.after == Array(#"{"name":"Presses"}"#.utf8))
        #expect(try await audit.list(.init(kind: "team")).count == 2)
        #expect(try await audit.list(.init(kind: "tea")).count == 0)
        #expect(try await audit.list(.init(object: team.id.text)).count == 2)
        #expect(try await audit.list(.init(visibleTeams: [])).count == 0)
        #expect(try await audit.list(.init(visibleTeams: [team.id])).count == 2)
        #expect(try await audit.list(.init(from: .now() + .seconds(60))).count == 0)
        #expect(try await audit.list(.init(), PageRequest(query: "presses")).count == 1)
    }
}
