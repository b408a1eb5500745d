package import Basics

/// Devices of one application that get the same snapshot.
package struct DeviceGroup: Sendable, Equatable {
    package typealias ID = Identifier<DeviceGroup>

    package var id: ID
    package var organizationID: Organization.ID
    package var teamID: Team.ID
    package var applicationID: Application.ID
    /// Alone in its application, whatever the case of its letters.
    package var name: Name<DeviceGroup>
    package var note: Note
    /// `nil`: somebody picks the devices.
    package var filter: DeviceFilter?
    package var targetSnapshotID: Snapshot.ID?
    package var windowID: MaintenanceWindow.ID?
    package var deviceCount: Int
    package var createdAt: Timestamp

    package init(
        id: ID, organizationID: Organization.ID, teamID: Team.ID, applicationID: Application.ID,
        name: Name<DeviceGroup>, note: Note, filter: DeviceFilter?,
        targetSnapshotID: Snapshot.ID?, windowID: MaintenanceWindow.ID?, deviceCount: Int = 0,
        createdAt: Timestamp
    ) {
        self.id = id
        self.organizationID = organizationID
        self.teamID = teamID
        self.applicationID = applicationID
        self.name = name
        self.note = note
        self.filter = filter
        self.targetSnapshotID = targetSnapshotID
        self.windowID = windowID
        self.deviceCount = deviceCount
        self.createdAt = createdAt
    }

    package var path: ScopePath {
        ScopePath(organization: organizationID, team: teamID, application: applicationID)
    }

    package var reference: ObjectReference {
        ObjectReference(type: "device-group", id: id.text, name: name.text)
    }
}

/// Which devices of an application belong to a group by themselves: all that is set must hold.
package struct DeviceFilter: Sendable, Equatable {
    /// All of them.
    package var tags: [DeviceTag]
    package var type: String?
    /// Letters that the name holds, `*` for any run of them; whatever their case.
    package var namePattern: String?

    package init(tags: [DeviceTag] = [], type: String? = nil, namePattern: String? = nil) {
        self.tags = tags
        self.type = type
        self.namePattern = namePattern
    }
}
