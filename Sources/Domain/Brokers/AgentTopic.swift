import Basics

/// The topics between the appliance and `lineside agent`: `ls/v1/<team>/d/<device>/<word>`, JSON,
/// QoS 1.
package struct AgentTopic: Sendable, Hashable {
    package enum Word: String, Sendable, CaseIterable {
        /// To the device: an `AgentCommand`.
        case command
        /// From the device: an `AgentStatus`.
        case status
        /// From the device: an `AgentReply`.
        case reply
    }

    package let team: Team.ID
    package let device: Device.ID
    package let word: Word

    package init(_ word: Word, team: Team.ID, device: Device.ID) {
        self.word = word
        self.team = team
        self.device = device
    }

    /// `nil` for every other topic.
    package init?(_ topic: String) {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard levels.count == 6, levels[0] == "ls", levels[1] == "v1", levels[3] == "d",
            let team = Team.ID(String(levels[2])), let device = Device.ID(String(levels[4])),
            let word = Word(rawValue: String(levels[5]))
        else { return nil }
        self.init(word, team: team, device: device)
    }

    package var text: String { "ls/v1/\(team)/d/\(device)/\(word.rawValue)" }

    /// All devices of all teams.
    package static func filter(_ word: Word) -> String { "ls/v1/+/d/+/\(word.rawValue)" }
}
