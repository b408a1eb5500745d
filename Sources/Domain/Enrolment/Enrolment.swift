package import Basics

/// One request of one key to be let in, and what came of it.
package struct Enrolment: Sendable, Equatable {
    package typealias ID = Identifier<Enrolment>

    package enum State: String, Sendable, CaseIterable {
        /// Somebody is to compare fingerprints.
        case pending
        case issued, refused
    }

    package var id: ID
    package var tokenID: EnrolmentToken.ID?
    package var organizationID: Organization.ID
    package var teamID: Team.ID
    /// For whose devices its token is, or where the device is.
    package var applicationID: Application.ID?
    package var deviceID: Device.ID?
    /// SHA-256 of the request, hexadecimal.
    package var requestDigest: String
    /// PKCS #10, DER.
    package var request: [UInt8]
    /// Of the device's key, as device and page show it.
    package var fingerprint: String
    package var facts: EnrolmentFacts
    package var address: String?
    package var state: State
    /// Of the certificate that it was given.
    package var serial: String?
    package var createdAt: Timestamp
    package var decidedAt: Timestamp?
    package var decidedBy: String?

    package init(
        id: ID, tokenID: EnrolmentToken.ID?, organizationID: Organization.ID, teamID: Team.ID,
        applicationID: Application.ID?, deviceID: Device.ID?, requestDigest: String,
        request: [UInt8], fingerprint: String,
        facts: EnrolmentFacts, address: String?, state: State, serial: String?,
        createdAt: Timestamp, decidedAt: Timestamp?, decidedBy: String?
    ) {
        self.id = id
        self.tokenID = tokenID
        self.organizationID = organizationID
        self.teamID = teamID
        self.applicationID = applicationID
        self.deviceID = deviceID
        self.requestDigest = requestDigest
        self.request = request
        self.fingerprint = fingerprint
        self.facts = facts
        self.address = address
        self.state = state
        self.serial = serial
        self.createdAt = createdAt
        self.decidedAt = decidedAt
        self.decidedBy = decidedBy
    }

    package var path: ScopePath {
        ScopePath(organization: organizationID, team: teamID, application: applicationID)
    }

    package var reference: ObjectReference {
        ObjectReference(type: "enrolment", id: id.text, name: facts.name ?? fingerprint)
    }
}

/// What a device says of itself when it asks to be let in. Nothing of it is proven.
package struct EnrolmentFacts: Sendable, Equatable {
    package var name: String?
    package var model: String?
    package var serial: String?
    /// Hardware addresses of its network interfaces.
    package var addresses: [String]
    package var agentVersion: String?

    package init(
        name: String? = nil, model: String? = nil, serial: String? = nil,
        addresses: [String] = [], agentVersion: String? = nil
    ) {
        self.name = Self.clean(name)
        self.model = Self.clean(model)
        self.serial = Self.clean(serial)
        // 8: what is beyond are bridges and containers.
        self.addresses = addresses.prefix(8).compactMap(Self.clean)
        self.agentVersion = Self.clean(agentVersion)
    }

    /// Strangers' words: short, on one line, or not at all.
    private static func clean(_ text: String?) -> String? {
        guard let text, (1...120).contains(text.utf8.count) else { return nil }
        let name = try? Name<EnrolmentFacts>(validating: String(text.prefix(80)))
        return name?.text
    }

    package init(json object: JSONObject) {
        self.init(
            name: object["name"]?.string, model: object["model"]?.string,
            serial: object["serial"]?.string,
            addresses: object["addresses"]?.array?.compactMap(\.string) ?? [],
            agentVersion: object["agentVersion"]?.string)
    }
}

extension EnrolmentFacts: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", name)
            json.field("model", model)
            json.field("serial", serial)
            json.field("addresses", addresses)
            json.field("agentVersion", agentVersion)
        }
    }
}
