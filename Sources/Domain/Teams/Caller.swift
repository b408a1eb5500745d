/// Who makes a request, with everything that decides what it may do.
package struct Caller: Sendable, Equatable {
    package var actor: Actor
    package var grants: [Grant]
    /// Of a token; a session is never read-only.
    package var readOnly: Bool
    /// Where a token ends; `nil`: nowhere.
    package var tokenScope: Scope?
    package var sessionID: Session.ID?
    /// Of whom speaks for a device; it has no role anywhere.
    package var agent: Agent?

    /// The agent of one device, and where the device hangs.
    package struct Agent: Sendable, Equatable {
        package var device: Device.ID
        package var team: Team.ID
        package var application: Application.ID?
        package init(device: Device.ID, team: Team.ID, application: Application.ID?) {
            self.device = device
            self.team = team
            self.application = application
        }
    }

    package init(
        actor: Actor, grants: [Grant] = [], readOnly: Bool = false, tokenScope: Scope? = nil,
        sessionID: Session.ID? = nil
    ) {
        self.actor = actor
        self.grants = grants
        self.readOnly = readOnly
        self.tokenScope = tokenScope
        self.sessionID = sessionID
    }

    package static let nobody = Caller(actor: .nobody)
    /// The console of the appliance: whoever may open its admin socket administers it.
    package static let site = Caller(actor: .site)

    package static func device(_ device: Device, address: String? = nil) -> Caller {
        var caller = Caller(actor: .device(device, address: address))
        caller.agent = Agent(
            device: device.id, team: device.teamID, application: device.applicationID)
        return caller
    }

    /// A person, a token of one, or the console; the agent of a device is none of them.
    package var isSignedIn: Bool { actor.identity != .nobody && agent == nil }

    /// Whose agent it is.
    package var device: Device.ID? { agent?.device }

    /// The nearest scope wins, downwards too: a viewer of one application who owns the team only
    /// looks on there.
    package func role(at path: ScopePath) -> Role? {
        if actor.identity == .site { return .administrator }
        if let tokenScope, !path.lies(in: tokenScope) { return nil }
        for scope in path.scopes {
            if let grant = grants.first(where: { $0.scope == scope }) { return grant.role }
        }
        return nil
    }

    package func may(_ permission: Permission, at path: ScopePath) -> Bool {
        guard isSignedIn, !readOnly || permission.isReading else { return false }
        guard let lowest = permission.lowestRole else {
            // One's own account is no part of a team: a token bounded to one can't change it.
            return permission.isReading || tokenScope == nil
        }
        let role =
            permission == .memberRead || permission == .memberEdit
            ? roleOverMembers(at: path) : role(at: path)
        return role.map { $0 >= lowest } ?? false
    }

    /// For giving and taking roles the highest grant on the way down counts, not the nearest: the
    /// owner of an application could otherwise lock those above out of it for good.
    package func roleOverMembers(at path: ScopePath) -> Role? {
        if actor.identity == .site { return .administrator }
        if let tokenScope, !path.lies(in: tokenScope) { return nil }
        return grants.filter { path.lies(in: $0.scope) }.map(\.role).max()
    }

    /// All that it may do there, in the order of the table.
    package func permissions(at path: ScopePath) -> [Permission] {
        Permission.allCases.filter { may($0, at: path) }
    }

    package var isAdministrator: Bool { role(at: .site) == .administrator }
}
