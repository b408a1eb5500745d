package import Basics

/// What every deploy leaves behind.
package struct Version: Sendable, Equatable {
    package typealias ID = Identifier<Version>
    package enum Source: String, Sendable, CaseIterable {
        case editor, api, restore, upload, create, unknown
    }

    package var id: ID
    package var instanceID: Instance.ID
    /// 1, 2, 3 … within the instance, without holes.
    package var number: Int
    package var at: Timestamp
    /// Name of who deployed, as the editor or the API knew it.
    package var by: String?
    package var source: Source
    /// "2 nodes added, 1 changed on Line 3"
    package var summary: String
    /// Of flows and credentials together.
    package var size: ByteCount
    package var flows: ContentAddress
    /// Encrypted under the instance's own secret, byte-identical to what Node-RED wrote.
    package var credentials: ContentAddress?
    package var modules: [NodeModule]
    package var environmentKeys: [String]
    package var stackID: Stack.ID?
    /// The list of the files that belong to it.
    package var files: ContentAddress?
    /// Kept whatever the retention says.
    package var isPinned: Bool
    /// The snapshot that a person made of it.
    package var snapshot: SnapshotReference?

    package struct SnapshotReference: Sendable, Equatable {
        package var id: Snapshot.ID
        package var name: String
        package init(id: Snapshot.ID, name: String) {
            self.id = id
            self.name = name
        }
    }

    package init(
        id: ID, instanceID: Instance.ID, number: Int, at: Timestamp, by: String?, source: Source,
        summary: String, size: ByteCount, flows: ContentAddress, credentials: ContentAddress?,
        modules: [NodeModule], environmentKeys: [String] = [], stackID: Stack.ID?,
        files: ContentAddress? = nil, isPinned: Bool = false,
        snapshot: SnapshotReference? = nil
    ) {
        self.id = id
        self.instanceID = instanceID
        self.number = number
        self.at = at
        self.by = by
        self.source = source
        self.summary = summary
        self.size = size
        self.flows = flows
        self.credentials = credentials
        self.modules = modules
        self.environmentKeys = environmentKeys
        self.stackID = stackID
        self.files = files
        self.isPinned = isPinned
        self.snapshot = snapshot
    }
}
