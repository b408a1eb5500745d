package import Basics

package typealias DeviceName = Name<Device>

/// A Node-RED run elsewhere under an agent, as it is wanted; how it is stands in `DeviceReport`.
package struct Device: Sendable, Equatable {
    package typealias ID = Identifier<Device>

    /// Who speaks for it.
    package enum Agent: String, Sendable, CaseIterable {
        /// `lineside agent`.
        case lineside
        /// The unmodified FlowFuse device agent.
        case stock
    }

    /// Whether flows come from the site, or somebody works on the device itself.
    package enum Mode: String, Sendable, CaseIterable { case autonomous, developer }

    package var id: ID
    package var organizationID: Organization.ID
    package var teamID: Team.ID
    /// `nil`: enrolled and not assigned yet; it runs nothing.
    package var applicationID: Application.ID?
    package var groupID: DeviceGroup.ID?
    /// Alone in its team, whatever the case of its letters.
    package var name: DeviceName
    /// A word of the plant's own, like `press controller`; may be empty.
    package var type: String
    package var tags: [DeviceTag]
    /// `nil` before the first has enrolled.
    package var agent: Agent?
    package var mode: Mode
    package var desiredState: DesiredState
    /// Its own; where it has none, that of its group counts.
    package var targetSnapshotID: Snapshot.ID?
    /// `nil`: that of the snapshot's instance.
    package var stackID: Stack.ID?
    /// Rises with each change of what the device shall be, its group's changes included.
    package var revision: Int64
    package var settings: DeviceSettings
    package var createdAt: Timestamp

    package init(
        id: ID, organizationID: Organization.ID, teamID: Team.ID, applicationID: Application.ID?,
        groupID: DeviceGroup.ID?, name: DeviceName, type: String, tags: [DeviceTag],
        agent: Agent?, mode: Mode, desiredState: DesiredState, targetSnapshotID: Snapshot.ID?,
        stackID: Stack.ID?, revision: Int64, settings: DeviceSettings, createdAt: Timestamp
    ) {
        self.id = id
        self.organizationID = organizationID
        self.teamID = teamID
        self.applicationID = applicationID
        self.groupID = groupID
        self.name = name
        self.type = type
        self.tags = tags
        self.agent = agent
        self.mode = mode
        self.desiredState = desiredState
        self.targetSnapshotID = targetSnapshotID
        self.stackID = stackID
        self.revision = revision
        self.settings = settings
        self.createdAt = createdAt
    }

    package var path: ScopePath {
        ScopePath(organization: organizationID, team: teamID, application: applicationID)
    }

    package var reference: ObjectReference {
        ObjectReference(type: "device", id: id.text, name: name.text)
    }

    /// User name and client id at the site broker. A stock agent takes both apart at the colons.
    package var brokerName: String { "device:\(teamID):\(id)" }
}

/// What only the appliance and the device know, each sealed with the site key.
package struct DeviceSecrets: Sendable, Equatable {
    /// Under which the flows' credentials are encrypted on the device.
    package var credentialSecret: [UInt8]
    package var pageSecret: [UInt8]
    package init(credentialSecret: [UInt8], pageSecret: [UInt8]) {
        self.credentialSecret = credentialSecret
        self.pageSecret = pageSecret
    }
}
