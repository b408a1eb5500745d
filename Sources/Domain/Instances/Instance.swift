package import Basics

package typealias InstanceName = Name<Instance>

/// A Node-RED run by the appliance on the server, as the registry knows it; how it is at the
/// moment is the supervisor's to say.
package struct Instance: Sendable, Equatable {
    package typealias ID = Identifier<Instance>

    package var id: ID
    package var organizationID: Organization.ID
    package var teamID: Team.ID
    package var applicationID: Application.ID
    package var name: InstanceName
    package var slug: Slug
    package var desiredState: DesiredState
    /// `nil`: the practice runtime.
    package var stackID: Stack.ID?
    package var settings: InstanceSettings
    /// Loopback port that it got last; kept while nobody else takes it.
    package var port: Int?
    package var createdAt: Timestamp
    package var lastDeployAt: Timestamp?
    /// Digest of the flows of the newest version.
    package var flowsRevision: ContentAddress?

    package init(
        id: ID, organizationID: Organization.ID, teamID: Team.ID, applicationID: Application.ID,
        name: InstanceName, slug: Slug, desiredState: DesiredState, stackID: Stack.ID?,
        settings: InstanceSettings, port: Int? = nil, createdAt: Timestamp,
        lastDeployAt: Timestamp? = nil, flowsRevision: ContentAddress? = nil
    ) {
        self.id = id
        self.organizationID = organizationID
        self.teamID = teamID
        self.applicationID = applicationID
        self.name = name
        self.slug = slug
        self.desiredState = desiredState
        self.stackID = stackID
        self.settings = settings
        self.port = port
        self.createdAt = createdAt
        self.lastDeployAt = lastDeployAt
        self.flowsRevision = flowsRevision
    }

    package var path: ScopePath {
        ScopePath(organization: organizationID, team: teamID, application: applicationID)
    }

    package var isPractice: Bool { stackID == nil }
}

/// What only the appliance and the instance know, each sealed with the site key.
package struct InstanceSecrets: Sendable, Equatable {
    package var credentialSecret: [UInt8]
    package var pageSecret: [UInt8]
    package init(credentialSecret: [UInt8], pageSecret: [UInt8]) {
        self.credentialSecret = credentialSecret
        self.pageSecret = pageSecret
    }
}
