package import Domain
package import HTTP
package import Store

/// The parts of the tree in which a caller may do something: what a list is cut down to. Worked
/// out from every path of the site, because the nearest scope may give less than a wider one.
package struct Visibility: Sendable {
    /// `nil`: all.
    package let teams: [Team.ID]?
    package let applications: [Application.ID]?

    package init(
        _ permission: Permission, for caller: Caller, in applications: ApplicationStore
    ) async throws(Problem) {
        if caller.actor.identity == .site {
            teams = nil
            self.applications = nil
            return
        }
        let paths = try await stored { () async throws(StoreError) in
            try await applications.paths()
        }
        let visible = paths.filter { caller.may(permission, at: $0) }
        let isWhole = visible.count == paths.count && caller.may(permission, at: .site)
        teams = isWhole ? nil : visible.filter { $0.application == nil }.compactMap(\.team)
        self.applications = isWhole ? nil : visible.compactMap(\.application)
    }

    package var isEmpty: Bool { teams?.isEmpty == true && applications?.isEmpty == true }
}
