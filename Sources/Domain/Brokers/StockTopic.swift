import Basics

/// The topics of the unmodified FlowFuse agent: `ff/v1/<team>/d/<device>/<word>`, JSON, QoS 0.
package struct StockTopic: Sendable, Hashable {
    package enum Word: String, Sendable, CaseIterable {
        /// To the device.
        case command
        /// From the device.
        case status, logs, resources, response
    }

    /// Ends the topic of replies to this appliance.
    package static let platform = "lineside"

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
        guard levels.count == 6 || levels.count == 7, levels[0] == "ff", levels[1] == "v1",
            levels[3] == "d", let team = Team.ID(String(levels[2])),
            let device = Device.ID(String(levels[4])), let word = Word(rawValue: String(levels[5]))
        else { return nil }
        if levels.count == 7 {
            guard word == .response, levels[6] == Self.platform else { return nil }
        }
        self.init(word, team: team, device: device)
    }

    package var text: String {
        let base = "ff/v1/\(team)/d/\(device)/\(word.rawValue)"
        return word == .response ? "\(base)/\(Self.platform)" : base
    }

    /// What devices say of themselves and answer, of all devices of all teams.
    package static let filters = [
        "ff/v1/+/d/+/\(Word.status.rawValue)", "ff/v1/+/d/+/response",
        "ff/v1/+/d/+/response/\(platform)",
    ]
    /// What they stream: much, and none of it urgent.
    package static let streamFilters = [Word.logs, .resources].map {
        "ff/v1/+/d/+/\($0.rawValue)"
    }
}
