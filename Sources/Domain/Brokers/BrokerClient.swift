package import Basics

/// A gateway, a PLC or a program of the plant with a name and topics of its own at the site broker.
package struct BrokerClient: Sendable, Equatable {
    package typealias ID = Identifier<BrokerClient>

    package var id: ID
    package var organizationID: Organization.ID
    package var teamID: Team.ID
    /// User name and client id; alone in the site.
    package var name: BrokerClientName
    package var note: String
    package var rules: [AccessRule]
    /// Whether it may come in.
    package var isEnabled: Bool
    package var createdAt: Timestamp
    package var lastSeenAt: Timestamp?

    package init(
        id: ID, organizationID: Organization.ID, teamID: Team.ID, name: BrokerClientName,
        note: String, rules: [AccessRule], isEnabled: Bool, createdAt: Timestamp,
        lastSeenAt: Timestamp?
    ) {
        self.id = id
        self.organizationID = organizationID
        self.teamID = teamID
        self.name = name
        self.note = note
        self.rules = rules
        self.isEnabled = isEnabled
        self.createdAt = createdAt
        self.lastSeenAt = lastSeenAt
    }

    package var path: ScopePath { ScopePath(organization: organizationID, team: teamID) }

    package var reference: ObjectReference {
        ObjectReference(type: "broker-client", id: id.text, name: name.text)
    }

    /// `nil` for one that may not come in.
    package func user(secretDigest: [UInt8]) -> BrokerUser? {
        guard isEnabled else { return nil }
        return BrokerUser(
            name: name.text, secretDigest: secretDigest, rules: rules, team: teamID)
    }
}

/// 3 to 64 letters, digits, dots, hyphens and underscores: what every PLC can type. Colons are left
/// to the names of devices, so that none can be taken for another's.
package struct BrokerClientName: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    package init(_ text: String) throws(ValidationFault) {
        let isGood = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
        }
        guard isGood, (3...64).contains(text.utf8.count), text != TopicGrammar.link else {
            throw ValidationFault("must be 3 to 64 letters, digits, dots, hyphens and underscores")
        }
        self.text = text
    }

    package init(stored text: String) { self.text = text }
}
