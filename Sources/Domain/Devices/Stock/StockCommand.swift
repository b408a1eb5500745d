package import Basics

/// What a stock agent can be told. Those with a reply name a topic for it and a correlation.
package struct StockCommand: Sendable, Equatable {
    package enum Word: String, Sendable, CaseIterable {
        case startLog, stopLog, startResources, stopResources, stopEditor, reportPackages
        case startEditor, upload, action
        case liveState = "get-liveState"

        package var hasReply: Bool {
            switch self {
            case .startLog, .stopLog, .startResources, .stopResources, .stopEditor, .reportPackages:
                false
            case .startEditor, .upload, .action, .liveState: true
            }
        }
    }

    package enum Action: String, Sendable, CaseIterable { case start, restart, suspend }

    package var word: Word
    package var payload: JSONObject

    package init(_ word: Word, _ payload: JSONObject = JSONObject()) {
        self.word = word
        self.payload = payload
    }

    package static func action(_ action: Action) -> StockCommand {
        StockCommand(.action, JSONObject([("action", .string(action.rawValue))]))
    }

    package static func startEditor(token: String) -> StockCommand {
        StockCommand(.startEditor, JSONObject([("token", .string(token))]))
    }

    package static let upload = StockCommand(.upload, JSONObject([("timeout", .number("10000"))]))

    /// - Parameter correlation: of the reply; the agent sends none without it.
    package func bytes(
        to device: Device.ID, in team: Team.ID, correlation: String, at now: Timestamp,
        until end: Timestamp
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("command", word.rawValue)
            guard word.hasReply else { return }
            json.field("deviceId", device)
            json.field("teamId", team)
            json.field("correlationData", correlation)
            json.field("createdAt", now.milliseconds)
            json.field("expiresAt", end.milliseconds)
            json.field(
                "responseTopic", StockTopic(.response, team: team, device: device).text)
            json.field("payload", payload)
        }
        return json.bytes
    }
}

/// A stock agent's answer to a command.
package struct StockReply: Sendable, Equatable {
    /// 16 MB: flows with their credentials, as `upload` sends them.
    package static let limit = 16 << 20
    private static let valueLimit = 1_000_000

    package var correlation: String
    package var payload: JSONValue

    /// - Throws: also where it speaks for another device than the topic does.
    package static func read(
        _ bytes: [UInt8], from device: Device.ID
    ) throws(StockFault) -> StockReply {
        let value = try StockFault.read(bytes, "a reply", limit: limit, values: valueLimit)
        guard let correlation = value["correlationData"]?.string, correlation.utf8.count <= 64
        else { throw StockFault("a reply must name its command") }
        guard value["deviceId"].map({ $0.string == device.text }) ?? true else {
            throw StockFault("a reply names another device than its topic")
        }
        return StockReply(correlation: correlation, payload: value["payload"] ?? .null)
    }
}
