import Basics
package import Domain

/// What the gateways must know of an instance to let somebody in and to pass a request on.
package struct InstanceEntrance: Sendable, Equatable {
    package let id: Instance.ID
    package let name: String
    package let slug: String
    package let path: ScopePath
    package let access: PageAccess
    package let pageBasic: InstanceSettings.PageBasic?
    package let state: InstanceState
    /// On loopback; `nil` while nothing listens.
    package let port: Int?
    /// Node-RED's page side takes only requests that carry it.
    package let pageSecret: String
    /// Its files are served beside its pages.
    package let servesFiles: Bool

    package init(
        id: Instance.ID, name: String, slug: String, path: ScopePath, access: PageAccess,
        pageBasic: InstanceSettings.PageBasic?, state: InstanceState, port: Int?,
        pageSecret: String, servesFiles: Bool = false
    ) {
        self.id = id
        self.name = name
        self.slug = slug
        self.path = path
        self.access = access
        self.pageBasic = pageBasic
        self.state = state
        self.port = port
        self.pageSecret = pageSecret
        self.servesFiles = servesFiles
    }
}

/// Finds instances by what stands in a URL. Asked on every proxied request: it answers from memory.
package protocol InstanceDirectory: Sendable {
    func entrance(slug: String) async -> InstanceEntrance?
}

/// Finds out whom a platform session speaks for, right now.
package protocol SessionDirectory: Sendable {
    /// `nil` once the session has ended or its user may not sign in any more.
    func caller(of session: Session.ID) async -> Caller?
}

/// Checks a bearer token made for the pages of one instance.
package protocol PageTokenDirectory: Sendable {
    func isValid(pageToken: String, for instance: Instance.ID) async -> Bool
}
