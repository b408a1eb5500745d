import Basics
import Domain
import Store
import Testing

extension Stores {
    /// An instance in the application that the setup makes, which is done if it was not yet.
    func newInstance(
        _ name: String, stack: Stack.ID? = nil, id: Instance.ID = .random(),
        credentialSecret: [UInt8] = [1]
    ) async throws -> Instance {
        if try await !settings.isSetUp() {
            let site = SiteSettings(
                name: Name(stored: "Plant"), language: .english,
                timeZone: try TimeZoneName(validating: "UTC"))
            _ = try await settings.setUp(
                SettingStore.Setup(
                    username: try Username(validating: "ada"), passwordHash: "", site: site),
                by: .site)
        }
        let team = try #require(try await teams.list().items.first)
        let application = try await applications.list(of: team.id).items.first
        return try await instances.insert(
            InstanceStore.Draft(
                id: id, application: try #require(application).id, name: Name(stored: name),
                stack: stack,
                secrets: InstanceSecrets(credentialSecret: credentialSecret, pageSecret: [2])),
            by: .site)
    }
}
