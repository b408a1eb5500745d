package import Domain

extension VersionRecorder: DeployKeeper {
    package func keep(
        _ deploy: DeployEntry, of id: Instance.ID, modules: [NodeModule]
    ) async throws {
        let deploy = Deploy(
            flows: deploy.flows, credentials: deploy.credentials, modules: modules, at: deploy.at,
            by: deploy.user, source: .editor, spoolID: deploy.id)
        _ = try await record(fromSpool: deploy, user: deploy.by, of: id)
    }
}
