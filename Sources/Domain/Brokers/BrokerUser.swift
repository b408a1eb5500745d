import Basics

/// Somebody whom the broker lets in.
package struct BrokerUser: Sendable, Equatable {
    /// User name; its client ids are the name itself, or the name and `:n…`.
    package var name: String
    /// SHA-256 of a secret of 256 random bits; `nil`: no password opens.
    package var secretDigest: [UInt8]?
    /// Whether a certificate that the door has checked may stand in for a password.
    package var mayUseCertificate: Bool
    /// Shared by all that have the same.
    package var rules: [AccessRule]
    /// What stands in rules as %t, %d and %a.
    package var team: Team.ID?
    package var device: Device.ID?
    package var application: Application.ID?

    package init(
        name: String, secretDigest: [UInt8]?, mayUseCertificate: Bool = false,
        rules: [AccessRule], team: Team.ID? = nil, device: Device.ID? = nil,
        application: Application.ID? = nil
    ) {
        self.name = name
        self.secretDigest = secretDigest
        self.mayUseCertificate = mayUseCertificate
        self.rules = rules
        self.team = team
        self.device = device
        self.application = application
    }

    /// The users that a device has: none before an agent speaks for it.
    package static func users(of device: Device, secretDigest: [UInt8]?) -> [BrokerUser] {
        switch device.agent {
        case nil: []
        case .lineside:
            [
                BrokerUser(
                    name: device.brokerName, secretDigest: nil, mayUseCertificate: true,
                    rules: TopicGrammar.agent, team: device.teamID, device: device.id)
            ]
        case .stock:
            [
                BrokerUser(
                    name: device.brokerName, secretDigest: secretDigest,
                    rules: TopicGrammar.stockAgent, team: device.teamID, device: device.id,
                    application: device.applicationID),
                BrokerUser(
                    name: TopicGrammar.nodesName(team: device.teamID, device: device.id),
                    secretDigest: secretDigest, rules: TopicGrammar.stockNodes,
                    team: device.teamID),
            ]
        }
    }

    /// Under which names a device may be known, whatever its agent.
    package static func names(of device: Device) -> [String] {
        [device.brokerName, TopicGrammar.nodesName(team: device.teamID, device: device.id)]
    }
}
