import Basics
package import Domain
package import HTTP
package import Store

/// Finds out where the thing that a path names hangs in the tree: once, before any handler.
package struct ScopeResolver: Sendable {
    private let applications: ApplicationStore

    package init(applications: ApplicationStore) { self.applications = applications }

    /// The deepest thing counts: `/instances/{instance}/versions/{version}` is at the instance.
    /// - Throws: `.notFound` where there is no such thing.
    package func path(of parameters: [String: String]) async throws(Problem) -> ScopePath {
        if let text = parameters["instance"] {
            return try await find(text, "instance", Instance.ID.init, applications.path(of:))
        }
        if let text = parameters["device"] {
            return try await find(text, "device", Device.ID.init, applications.path(of:))
        }
        if let text = parameters["snapshot"] {
            return try await find(text, "snapshot", Snapshot.ID.init, applications.path(of:))
        }
        if let text = parameters["group"] {
            return try await find(text, "group", DeviceGroup.ID.init, applications.path(of:))
        }
        if let text = parameters["deployment"] {
            return try await find(text, "deployment", Deployment.ID.init, applications.path(of:))
        }
        if let text = parameters["window"] {
            return try await find(text, "window", MaintenanceWindow.ID.init, applications.path(of:))
        }
        if let text = parameters["alarm"] {
            return try await find(text, "alarm", Alarm.ID.init, applications.path(of:))
        }
        if let text = parameters["grant"] {
            return try await find(text, "grant", Grant.ID.init, applications.path(of:))
        }
        if let text = parameters["application"] {
            return try await find(text, "application", Application.ID.init, applications.path(of:))
        }
        if let text = parameters["team"] {
            return try await find(text, "team", Team.ID.init, applications.path(of:))
        }
        return .site
    }

    /// What `path` looks for, as it begins a sentence: who has no role there must read the same as
    /// about what does not exist.
    package static func subject(of parameters: [String: String]) -> String {
        let kinds = [
            "instance", "device", "snapshot", "group", "deployment", "window", "alarm", "grant",
            "application", "team",
        ]
        return "This \(kinds.first { parameters[$0] != nil } ?? "thing")"
    }

    private func find<ID>(
        _ text: String, _ what: String, _ make: (String) -> ID?,
        _ look: (ID) async throws(StoreError) -> ScopePath?
    ) async throws(Problem) -> ScopePath {
        guard let id = make(text) else { throw .notFound("This \(what)") }
        do throws(StoreError) {
            guard let path = try await look(id) else { throw StoreError.notFound("This \(what)") }
            return path
        } catch { throw Problem(error) }
    }
}
