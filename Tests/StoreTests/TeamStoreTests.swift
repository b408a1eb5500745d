import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Teams and applications") struct TeamStoreTests {
    @Test("Names are unique whatever their letters' case; slugs find another way")
    func names() async throws {
        let factory = try await Factory()
        let first = try await factory.team("Press shop")
        await #expect(throws: StoreError.self) { try await factory.team("PRESS SHOP") }
        let second = try await factory.team("Press-Shop")
        #expect(first.slug.text == "press-shop")
        #expect(second.slug.text == "press-shop-2")
        let same = try await factory.stores.teams.rename(
            first.id, to: try Name(validating: "PRESS Shop"), by: .site)
        #expect(same.name.text == "PRESS Shop")
    }

    @Test("A team with instances is not deleted; without them all of it goes")
    func deletion() async throws {
        let factory = try await Factory()
        let team = try await factory.team("Press shop")
        let application = try await factory.application("Line 1", in: team)
        let instance = try await factory.instance("OEE", in: application)
        let counts = try await factory.stores.teams.get(team.id).counts
        #expect(counts == Team.Counts(applications: 1, instances: 1))
        await #expect(throws: StoreError.self) {
            try await factory.stores.teams.delete(team.id, by: .site)
        }
        await #expect(throws: StoreError.self) {
            try await factory.stores.applications.delete(application.id, by: .site)
        }
        try await factory.stores.instances.delete(instance.id, by: .site)
        try await factory.stores.teams.delete(team.id, by: .site)
        await #expect(throws: StoreError.notFound("The application")) {
            try await factory.stores.applications.get(application.id)
        }
    }

    @Test("Everything knows where it hangs")
    func paths() async throws {
        let factory = try await Factory()
        let instance = try await factory.instance("OEE")
        let applications = factory.stores.applications
        #expect(try await applications.path(of: instance.id) == instance.path)
        #expect(try await applications.path(of: factory.application.id) == instance.path)
        #expect(try await applications.path(of: factory.team.id) == factory.team.path)
        #expect(try await applications.path(of: Scope.site) == .site)
        #expect(try await applications.path(of: Instance.ID.random()) == nil)
        let version = try await factory.version(of: instance)
        let snapshot = try await factory.stores.snapshots.insert(
            try Name(validating: "Good"), note: .empty, of: version.id, in: instance.id, by: .site)
        #expect(try await applications.path(of: snapshot.id) == instance.path)
        #expect(Set(try await applications.paths()) == [factory.team.path, instance.path])
    }

    @Test("A list shows only what is visible")
    func visible() async throws {
        let factory = try await Factory()
        let other = try await factory.team("Press shop")
        #expect(
            try await factory.stores.teams.list(visible: [other.id]).items.map(\.id) == [other.id])
        #expect(try await factory.stores.teams.list(visible: []).count == 0)
        #expect(
            try await factory.stores.applications.list(of: factory.team.id, visible: []).count == 0)
    }
}
