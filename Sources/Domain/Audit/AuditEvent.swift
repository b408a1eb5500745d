package import Basics

/// What was done; written by the store in the transaction that does it. Who did it and from where
/// stands in `AuditEntry`.
package struct AuditEvent: Sendable, Equatable {
    /// "instance.created": the object's word, a dot, what happened to it.
    package var kind: String
    package var object: ObjectReference?
    package var teamID: Team.ID?
    /// Small JSON objects without secrets: only the fields that changed.
    package var before: [UInt8]?
    package var after: [UInt8]?
    /// One sentence for people.
    package var text: String

    package init(
        kind: String, object: ObjectReference? = nil, teamID: Team.ID? = nil,
        before: [UInt8]? = nil, after: [UInt8]? = nil, text: String
    ) {
        self.kind = kind
        self.object = object
        self.teamID = teamID
        self.before = before
        self.after = after
        self.text = text
    }
}

/// An audit event as it is kept and read.
package struct AuditEntry: Sendable, Equatable {
    package typealias ID = Identifier<AuditEntry>
    package var id: ID
    /// Rises with every event of the site.
    package var sequence: Int64
    package var at: Timestamp
    package var actorType: String
    package var actorID: String?
    package var actorName: String
    package var address: String?
    package var event: AuditEvent

    package init(
        id: ID, sequence: Int64, at: Timestamp, actorType: String, actorID: String?,
        actorName: String, address: String?, event: AuditEvent
    ) {
        self.id = id
        self.sequence = sequence
        self.at = at
        self.actorType = actorType
        self.actorID = actorID
        self.actorName = actorName
        self.address = address
        self.event = event
    }
}
