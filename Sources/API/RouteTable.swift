/// The table of contents: every resource, one line.
package enum RouteTable {
    /// In the order in which a newcomer would ask for them.
    package static func routes(_ resources: [any Resource]) -> [Route] {
        resources.flatMap(\.routes)
    }
}

/// The routes of one resource.
package protocol Resource: Sendable {
    var routes: [Route] { get }
}
