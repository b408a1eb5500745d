package import Basics

/// What belongs together for a purpose: instances, devices, snapshots.
package struct Application: Sendable, Equatable {
    package typealias ID = Identifier<Application>
    package var id: ID
    package var teamID: Team.ID
    package var name: Name<Application>
    package var description: Note
    package var createdAt: Timestamp
    package var instanceCount: Int

    package init(
        id: ID, teamID: Team.ID, name: Name<Application>, description: Note,
        createdAt: Timestamp, instanceCount: Int = 0
    ) {
        self.id = id
        self.teamID = teamID
        self.name = name
        self.description = description
        self.createdAt = createdAt
        self.instanceCount = instanceCount
    }
}
