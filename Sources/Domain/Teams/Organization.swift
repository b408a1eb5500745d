package import Basics

/// What stands above teams. One exists from first run; nobody meets it before there is a second.
package struct Organization: Sendable, Equatable {
    package typealias ID = Identifier<Organization>
    package var id: ID
    package var name: Name<Organization>
    package var createdAt: Timestamp

    package init(id: ID, name: Name<Organization>, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
    }
}
