package import Basics

/// What lets devices in: for a while, a number of times, into one place of the tree.
package struct EnrolmentToken: Sendable, Equatable {
    package typealias ID = Identifier<EnrolmentToken>

    package enum Kind: String, Sendable, CaseIterable {
        /// A file, or the same text as a picture, for `lineside agent`.
        case bundle
        /// Twenty letters that somebody types, for `lineside agent`.
        case code
        /// A line in the configuration of many stock agents.
        case provisioning
        /// Three words that somebody types, for one stock agent.
        case oneTime = "one-time"

        /// Whether `lineside agent` uses it: with a key of its own and a certificate.
        package var isOurs: Bool { self == .bundle || self == .code }
    }

    /// By what the one device is known that may use it; `nil`: any.
    package struct Expectation: Sendable, Equatable {
        package var serial: String?
        package var mac: String?

        package init(serial: String? = nil, mac: String? = nil) {
            self.serial = serial
            self.mac = mac
        }

        package var isEmpty: Bool { serial == nil && mac == nil }

        /// - Returns: what does not fit, for a sentence; `nil` if all does.
        package func mismatch(_ facts: EnrolmentFacts) -> String? {
            if let serial, facts.serial.map(Self.plain) != Self.plain(serial) {
                return "serial number"
            }
            if let mac, !facts.addresses.map(Self.plain).contains(Self.plain(mac)) {
                return "network address"
            }
            return nil
        }

        /// Hyphens, colons, blanks and the case of letters are typing habits.
        private static func plain(_ text: String) -> String {
            String(text.lowercased().filter { $0.isLetter || $0.isNumber })
        }
    }

    /// 10,000: more devices than a site has.
    package static let usesLimits = 1...10_000
    /// 10 years.
    package static let longestLife = Duration.seconds(3_650 * 86_400)

    package var id: ID
    package var kind: Kind
    package var name: Name<EnrolmentToken>
    package var organizationID: Organization.ID
    package var teamID: Team.ID
    package var applicationID: Application.ID?
    package var groupID: DeviceGroup.ID?
    /// The device that it is for; `nil`: each use makes one.
    package var deviceID: Device.ID?
    package var usesLeft: Int
    package var usesMost: Int
    /// Somebody compares fingerprints before a certificate is given out.
    package var isConfirmed: Bool
    package var expectation: Expectation
    package var createdAt: Timestamp
    package var createdBy: String
    /// By the appliance's clock; `nil`: never.
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?

    package init(
        id: ID, kind: Kind, name: Name<EnrolmentToken>, organizationID: Organization.ID,
        teamID: Team.ID, applicationID: Application.ID?, groupID: DeviceGroup.ID?,
        deviceID: Device.ID?, usesLeft: Int, usesMost: Int, isConfirmed: Bool,
        expectation: Expectation, createdAt: Timestamp, createdBy: String,
        expiresAt: Timestamp?, revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.organizationID = organizationID
        self.teamID = teamID
        self.applicationID = applicationID
        self.groupID = groupID
        self.deviceID = deviceID
        self.usesLeft = usesLeft
        self.usesMost = usesMost
        self.isConfirmed = isConfirmed
        self.expectation = expectation
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }

    package var path: ScopePath {
        ScopePath(organization: organizationID, team: teamID, application: applicationID)
    }

    /// What a token is called whose maker gave no name.
    package static func defaultName(_ kind: Kind) -> Name<EnrolmentToken> {
        switch kind {
        case .bundle: Name(stored: "Bundle")
        case .code: Name(stored: "Code")
        case .provisioning: Name(stored: "Provisioning token")
        case .oneTime: Name(stored: "One-time code")
        }
    }

    /// Somebody who makes a bundle for one device names it after the device; `nil`: it does not
    /// say.
    package var deviceName: DeviceName? {
        guard usesMost == 1, kind.isOurs, name != Self.defaultName(kind) else { return nil }
        return try? DeviceName(validating: name.text)
    }

    package var reference: ObjectReference {
        ObjectReference(type: "enrolment-token", id: id.text, name: name.text)
    }

    /// Why it lets nobody in any more; `nil` while it does.
    package func refusal(at now: Timestamp) -> EnrolmentRefusal? {
        if revokedAt != nil { return .withdrawn }
        if let expiresAt, expiresAt <= now { return .expired }
        return usesLeft > 0 ? nil : .used
    }
}

/// Why a device is not let in. Each has its own problem type and its own audit event.
package enum EnrolmentRefusal: Error, Sendable, Equatable {
    case unknown, used, expired, foreign, tampered, replayed
    /// A person said no, or the device is another than was expected.
    case refused(String)
    /// Too many attempts from one address: seconds to wait.
    case tooMany(seconds: Int)

    package static let withdrawn = EnrolmentRefusal.refused(
        "This bundle or code was withdrawn at the appliance: make a new one.")

    /// Behind `/problems/enrolment/` and in the audit event.
    package var word: String {
        switch self {
        case .unknown: "unknown"
        case .used: "used"
        case .expired: "expired"
        case .foreign: "foreign"
        case .tampered: "tampered"
        case .replayed: "replayed"
        case .refused: "refused"
        case .tooMany: "too-many"
        }
    }

    /// For whoever stands before the device.
    package var sentence: String {
        switch self {
        case .unknown: "This site knows no such bundle or code: make a new one."
        case .used: "This bundle or code was used up by another device: make a new one."
        case .expired: "This bundle or code has expired: make a new one."
        case .foreign: "This bundle belongs to another site."
        case .tampered: "The proof does not fit: the bundle or the request was changed."
        case .replayed: "This proof was used before, on another connection."
        case .refused(let why): why
        case .tooMany: "Too many attempts from this address. Wait, then try again."
        }
    }
}
