import Basics
import Domain
package import HTTP
package import Site
package import Store

/// Whose packages a request may have.
package protocol PackageCallers: Sendable {
    /// - Returns: `nil` for nobody.
    func reader(of request: Request) async throws(Problem) -> PackageReader?
}

/// Devices by certificate or token, people and scripts by session or personal token.
package struct SitePackageCallers: PackageCallers {
    private let callers: any CallerSource
    private let teams: TeamStore

    package init(callers: any CallerSource, teams: TeamStore) {
        self.callers = callers
        self.teams = teams
    }

    package func reader(of request: Request) async throws(Problem) -> PackageReader? {
        let caller = try await callers.caller(of: request)
        if let agent = caller.agent { return .teams([agent.team]) }
        guard caller.isSignedIn else { return nil }
        if caller.isAdministrator { return .everything }
        let teams = try await stored { () async throws(StoreError) in try await everyTeam() }
        return .teams(
            Set(
                teams.filter { team in
                    caller.may(
                        .instanceRead,
                        at: ScopePath(organization: team.organizationID, team: team.id))
                }.map(\.id)))
    }

    private func everyTeam() async throws(StoreError) -> [Team] {
        var page = try await teams.list(.first)
        var found = page.items
        while let next = page.next {
            page = try await teams.list(
                PageRequest(limit: PageRequest.maximumLimit, cursor: next))
            found += page.items
        }
        return found
    }
}
