package import Basics

/// A test case that belongs to an instance.
package struct FlowTest: Sendable, Equatable {
    package typealias ID = Identifier<FlowTest>
    /// Of an instance.
    package static let maximumCount = 100

    package let id: ID
    package let instanceID: Instance.ID
    /// Alone in its instance, whatever the case of its letters.
    package let name: Name<FlowTest>
    package let definition: JSONObject
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    package init(
        id: ID, instanceID: Instance.ID, name: Name<FlowTest>, definition: JSONObject,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.instanceID = instanceID
        self.name = name
        self.definition = definition
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
