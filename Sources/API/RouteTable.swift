package import Site
package import Store

/// The table of contents: every resource, one line.
package enum RouteTable {
    /// In the order in which a newcomer would ask for them.
    package static func routes(_ resources: [any Resource]) -> [Route] {
        resources.flatMap(\.routes)
    }

    /// The site, its people and its tree: what every composition has.
    package static func directory(
        stores: Stores, desk: FrontDesk, bus: EventBus, time: SteadyTime, version: String
    ) -> [any Resource] {
        [
            SiteRoutes(stores: stores, version: version),
            RetentionRoutes(stores: stores, time: time),
            SessionRoutes(desk: desk, stores: stores), OwnUserRoutes(stores: stores, desk: desk),
            UserRoutes(stores: stores, desk: desk), InvitationRoutes(stores: stores),
            GrantRoutes(stores: stores), TeamRoutes(stores: stores),
            ApplicationRoutes(stores: stores), AuditRoutes(stores: stores),
            AlarmRoutes(stores: stores, bus: bus),
        ]
    }

    /// With the description of them all at the end.
    package static func described(_ resources: [any Resource], version: String) -> [Route] {
        let known = routes(resources)
        return known + DescriptionRoutes(of: known, version: version).routes
    }
}

/// The routes of one resource.
package protocol Resource: Sendable {
    var routes: [Route] { get }
}
