import Basics
import Domain
import Store
import Testing

@Suite("Setup") struct SettingStoreTests {
    @Test("Setup makes an administrator, the site, a team and an application, once")
    func setUp() async throws {
        let stores = try await Stores.inMemory()
        #expect(try await !stores.settings.isSetUp())
        try await stores.settings.setSetupCodeHash([1, 2, 3])
        #expect(try await stores.settings.setupCodeHash() == [1, 2, 3])
        let setup = SettingStore.Setup(
            username: try Username(validating: "anna"), passwordHash: "hash",
            site: SiteSettings(
                name: try Name(validating: "Plant 7"), language: .german,
                timeZone: try TimeZoneName(validating: "Europe/Berlin")))
        let user = try await stores.settings.setUp(setup, by: .nobody)
        #expect(user.isAdministrator)
        #expect(try await stores.settings.site() == setup.site)
        #expect(try await stores.settings.setupCodeHash() == nil)
        let teams = try await stores.teams.list()
        #expect(teams.items.map(\.name.text) == ["Plant 7"])
        let team = try #require(teams.items.first)
        #expect(
            try await stores.applications.list(of: team.id).items.map(\.name.text) == ["Allgemein"])
        #expect(try await stores.grants.list(of: user.id).map(\.role) == [.administrator])
        await #expect(throws: StoreError.conflict("The site is set up already: sign in.")) {
            try await stores.settings.setUp(setup, by: .nobody)
        }
        #expect(try await stores.audit.list().items.map(\.event.kind) == ["site.set-up"])
    }
}
