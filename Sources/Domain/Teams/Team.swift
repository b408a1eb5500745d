package import Basics

/// Those who own applications together.
package struct Team: Sendable, Equatable {
    package typealias ID = Identifier<Team>
    package struct Counts: Sendable, Equatable {
        package var applications: Int
        package var instances: Int
        package var devices: Int
        package init(applications: Int = 0, instances: Int = 0, devices: Int = 0) {
            self.applications = applications
            self.instances = instances
            self.devices = devices
        }
    }

    package var id: ID
    package var organizationID: Organization.ID
    package var name: Name<Team>
    /// Unique in the site.
    package var slug: Slug
    package var createdAt: Timestamp
    package var counts: Counts

    package init(
        id: ID, organizationID: Organization.ID, name: Name<Team>, slug: Slug,
        createdAt: Timestamp, counts: Counts = Counts()
    ) {
        self.id = id
        self.organizationID = organizationID
        self.name = name
        self.slug = slug
        self.createdAt = createdAt
        self.counts = counts
    }

    package var path: ScopePath { ScopePath(organization: organizationID, team: id) }
}
