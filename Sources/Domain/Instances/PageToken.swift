package import Basics

/// A bearer token that opens the pages of one instance.
package struct PageToken: Sendable, Equatable {
    package typealias ID = Identifier<PageToken>
    package static let prefix = "lsg_"

    package var id: ID
    package var instanceID: Instance.ID
    package var name: Name<PageToken>
    package var createdAt: Timestamp
    package var lastUsedAt: Timestamp?

    package init(
        id: ID, instanceID: Instance.ID, name: Name<PageToken>, createdAt: Timestamp,
        lastUsedAt: Timestamp? = nil
    ) {
        self.id = id
        self.instanceID = instanceID
        self.name = name
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
    }
}
