import Basics
import Domain
import Testing

@Suite("Caller") struct CallerTests {
    private let user = User.ID.random()
    private let path = ScopePath(organization: .random(), team: .random(), application: .random())

    private func caller(
        _ grants: [(Scope, Role)], readOnly: Bool = false, tokenScope: Scope? = nil
    ) -> Caller {
        Caller(
            actor: .user(user, name: "anna"),
            grants: grants.compactMap {
                Grant(id: .random(), userID: user, scope: $0.0, role: $0.1)
            },
            readOnly: readOnly, tokenScope: tokenScope)
    }

    @Test("The nearest scope wins, upwards and downwards")
    func nearest() throws {
        let team = try #require(path.team)
        let application = try #require(path.application)
        let both = caller([(.team(team), .owner), (.application(application), .viewer)])
        #expect(both.role(at: path) == .viewer)
        #expect(both.role(at: ScopePath(organization: path.organization, team: team)) == .owner)
        #expect(both.role(at: .site) == nil)
        #expect(!both.may(.flowsEdit, at: path))
        #expect(caller([(.site, .administrator)]).role(at: path) == .administrator)
    }

    @Test("A nearer grant does not take the say over members from those above")
    func keepsMembers() throws {
        let team = try #require(path.team)
        let application = try #require(path.application)
        let owner = caller([(.team(team), .owner), (.application(application), .viewer)])
        #expect(owner.may(.memberEdit, at: path))
        let raised = caller([(.team(team), .viewer), (.application(application), .owner)])
        #expect(
            !raised.may(.memberEdit, at: ScopePath(organization: path.organization, team: team)))
        let lowered = caller([(.site, .administrator), (.team(team), .viewer)])
        #expect(!lowered.may(.flowsEdit, at: path))
        #expect(lowered.may(.memberEdit, at: path))
        #expect(!caller([(.team(team), .viewer)]).may(.memberEdit, at: path))
    }

    @Test("A token reaches no further than its scope, whatever its user may do")
    func tokenScope() {
        let elsewhere = Scope.team(.random())
        let token = caller([(.site, .administrator)], tokenScope: elsewhere)
        #expect(token.role(at: path) == nil)
        #expect(!token.may(.siteRead, at: .site))
        #expect(token.may(.selfRead, at: .site))
        #expect(!token.may(.selfEdit, at: .site))
    }

    @Test("A read-only token may read and change nothing", arguments: Permission.allCases)
    func readOnly(permission: Permission) {
        let token = caller([(.site, .administrator)], readOnly: true)
        #expect(token.may(permission, at: path) == permission.isReading)
    }

    @Test("Nobody may do anything", arguments: Permission.allCases)
    func nobody(permission: Permission) {
        #expect(!Caller.nobody.may(permission, at: .site))
    }

    @Test("Each role may what the one below it may", arguments: Permission.allCases)
    func rising(permission: Permission) {
        let allowed = Role.allCases.map { role in
            caller([
                (
                    role == .administrator ? .site : .organization(path.organization ?? .random()),
                    role
                )
            ])
            .may(permission, at: path)
        }
        let firstAllowed = allowed.firstIndex(of: true) ?? allowed.count
        #expect(allowed[firstAllowed...].allSatisfy { $0 })
    }

    @Test("The dashboard role opens pages and sees nothing of a team")
    func dashboard() throws {
        let team = try #require(path.team)
        let caller = caller([(.team(team), .dashboard)])
        #expect(
            caller.permissions(at: path) == [.selfRead, .selfEdit, .pagesOpen, .stackRead])
    }

    @Test("An administrator is one of the site, never of a team")
    func administratorScope() {
        let grant = Grant(
            id: .random(), userID: user, scope: .team(.random()), role: .administrator)
        #expect(grant == nil)
    }
}
