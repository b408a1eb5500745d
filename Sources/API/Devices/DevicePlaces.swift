import Domain
package import HTTP
package import Store

/// Where something new about devices goes, if the caller may put it there.
package struct DevicePlaces: Sendable {
    package typealias Refusal = Problem

    package struct Place: Sendable {
        let path: ScopePath
        let team: Team.ID
        let application: Application.ID?
        let group: DeviceGroup.ID?
    }

    private let applications: ApplicationStore
    package init(applications: ApplicationStore) { self.applications = applications }

    /// A site with one team need not name it.
    func find(
        team: Team.ID?, application: Application.ID?, group: DeviceGroup.ID? = nil,
        for caller: Caller, _ permission: Permission
    ) async throws(Problem) -> Place {
        let path: ScopePath?
        if let application {
            path = try await stored { () async throws(StoreError) in
                try await applications.path(of: application)
            }
        } else {
            path = try await teamPath(team)
        }
        guard let path, let found = path.team, caller.role(at: path) != nil else {
            throw .notFound(application == nil ? "The team" : "The application")
        }
        guard team == nil || team == found else {
            throw .invalid("applicationId", "must be an application of the team")
        }
        guard caller.may(permission, at: path) else {
            throw .forbidden(
                "Your role does not include: \(permission.description.lowercased()).")
        }
        if let group {
            let groupPath = try await stored { () async throws(StoreError) in
                try await applications.path(of: group)
            }
            guard let application = path.application, groupPath?.application == application
            else { throw .invalid("groupId", "must be a group of the application") }
        }
        return Place(path: path, team: found, application: path.application, group: group)
    }

    private func teamPath(_ team: Team.ID?) async throws(Problem) -> ScopePath? {
        if let team {
            return try await stored { () async throws(StoreError) in
                try await applications.path(of: team)
            }
        }
        let paths = try await stored { () async throws(StoreError) in
            try await applications.paths()
        }
        let teams = paths.filter { $0.application == nil && $0.team != nil }
        guard teams.count == 1 else {
            throw .invalid("teamId", "must be named: there is more than one team")
        }
        return teams[0]
    }
}
