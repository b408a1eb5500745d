package import Basics

/// A version that a person named and keeps, or flows that somebody uploaded.
package struct Snapshot: Sendable, Equatable {
    package typealias ID = Identifier<Snapshot>

    package var id: ID
    package var applicationID: Application.ID
    /// `nil` once the instance is gone, or where the snapshot was uploaded.
    package var instanceID: Instance.ID?
    package var versionID: Version.ID?
    package var name: Name<Snapshot>
    package var note: Note
    package var author: String
    package var createdAt: Timestamp
    package var size: ByteCount
    package var flows: ContentAddress
    package var credentials: ContentAddress?
    /// The secret under which `credentials` are encrypted, sealed with the site key: a snapshot
    /// outlives its instance.
    package var sealedCredentialSecret: [UInt8]?
    package var modules: [NodeModule]
    package var environmentKeys: [String]
    /// Values of environment variables that an uploaded snapshot brought, sealed with the site key.
    package var sealedVariables: [UInt8]?
    /// The list of the files that belong to it.
    package var files: ContentAddress?
    /// Nobody removes it before somebody unpins it.
    package var isPinned: Bool

    package init(
        id: ID, applicationID: Application.ID, instanceID: Instance.ID?, versionID: Version.ID?,
        name: Name<Snapshot>, note: Note, author: String, createdAt: Timestamp, size: ByteCount,
        flows: ContentAddress, credentials: ContentAddress?, sealedCredentialSecret: [UInt8]?,
        modules: [NodeModule], environmentKeys: [String] = [],
        sealedVariables: [UInt8]? = nil,
        files: ContentAddress? = nil, isPinned: Bool = false
    ) {
        self.id = id
        self.applicationID = applicationID
        self.instanceID = instanceID
        self.versionID = versionID
        self.name = name
        self.note = note
        self.author = author
        self.createdAt = createdAt
        self.size = size
        self.flows = flows
        self.credentials = credentials
        self.sealedCredentialSecret = sealedCredentialSecret
        self.modules = modules
        self.environmentKeys = environmentKeys
        self.sealedVariables = sealedVariables
        self.files = files
        self.isPinned = isPinned
    }
}
