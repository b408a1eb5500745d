import Basics

/// What the broker's users may publish and receive, and the topics between the appliance and its
/// broker. The topics of the two kinds of agent stand in `AgentTopic` and `StockTopic`. In a rule of
/// ours %t is the user's team, %d its device, %a its application, and `*` any rest of a level.
package enum TopicGrammar {
    /// What a filter of a shared subscription begins with (MQTT 5.0 §4.8.2).
    package static let sharedPrefix = "$share/"

    // MARK: Rules that many users share

    /// A stock agent, the project nodes of its flows, and the team's own topics.
    package static let stockAgent: [AccessRule] = [
        AccessRule(.subscribe, rule: "ff/v1/%t/d/%d/command"),
        AccessRule(.subscribe, rule: "ff/v1/%t/a/%a/command"),
        AccessRule(.publish, rule: "ff/v1/%t/d/%d/status"),
        AccessRule(.publish, rule: "ff/v1/%t/d/%d/logs"),
        AccessRule(.publish, rule: "ff/v1/%t/d/%d/resources"),
        AccessRule(.publish, rule: "ff/v1/%t/d/%d/response/#"),
        AccessRule(.publish, rule: "ff/v1/%t/p/dev:%d/out/#"),
        AccessRule(.publish, rule: "ff/v1/%t/p/+/in/#"),
        AccessRule(.subscribe, rule: "ff/v1/%t/p/+/out/#"),
        AccessRule(.subscribe, rule: "ff/v1/%t/p/dev:%d/res/#"),
        AccessRule(.subscribe, rule: "ff/v1/%t/p/dev:%d/res-*/#"),
        AccessRule(.publish, rule: "ff/v1/%t/p/+/res/#"),
        AccessRule(.publish, rule: "ff/v1/%t/p/+/res-*/#"),
        AccessRule(.both, rule: "ff/v1/%t/c/#", keeps: true),
    ]

    /// What the MQTT nodes of a stock agent may use.
    package static let stockNodes: [AccessRule] = [
        AccessRule(.both, rule: "ff/v1/%t/c/#", keeps: true)
    ]

    package static let agent: [AccessRule] = [
        AccessRule(.subscribe, rule: "ls/v1/%t/d/%d/command"),
        AccessRule(.publish, rule: "ls/v1/%t/d/%d/status"),
        AccessRule(.publish, rule: "ls/v1/%t/d/%d/reply"),
    ]

    /// What a client of the plant's own never gets: the product's topics and the broker's. Its
    /// team's part of the former it may have.
    package static func isReserved(_ filter: String, team: Team.ID) -> Bool {
        let levels = filter.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = levels.first else { return true }
        if first == "ff", levels.count > 4, levels[1] == "v1", levels[2] == team.text,
            levels[3] == "c"
        {
            return false
        }
        return first.hasPrefix("$") || ["ff", "ls", "+", "#"].contains(first)
    }

    /// User name of the MQTT nodes in the flows of a stock agent.
    package static func nodesName(team: Team.ID, device: Device.ID) -> String {
        "mq:remote:\(team):\(device)"
    }

    /// Under which a user's topics stand who names them without it: the MQTT nodes of FlowFuse,
    /// `mq:remote:<team>:<device>` and `mq:hosted:<team>:<instance>`.
    /// - Returns: `nil` for everybody else.
    package static func mount(of user: String?) -> String? {
        let parts = user?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        guard parts.count >= 4, parts[0] == "mq", parts[1] == "remote" || parts[1] == "hosted",
            let team = Team.ID(String(parts[2]))
        else { return nil }
        return "ff/v1/\(team)/c/"
    }

    // MARK: The appliance and its broker

    /// The appliance's own user name and client id.
    package static let link = "lineside"
    package static let control = "$CONTROL/lineside/v1"
    package static let controlAnswer = "$CONTROL/lineside/v1/answer"
    package static let presence = "$CONTROL/lineside/v1/presence"
    /// From the plugin, now and then: `<count> <user>`, how many retained messages were refused.
    package static let retained = "$CONTROL/lineside/v1/retained"

    package static let droppedCount = "$SYS/broker/publish/messages/dropped"
    package static let connectionCount = "$SYS/broker/clients/connected"
    package static let receivedCount = "$SYS/broker/messages/received"
    /// Bytes, as the broker's memory limit counts them.
    package static let heapSize = "$SYS/broker/heap/current"
    package static let counts = [droppedCount, connectionCount, receivedCount, heapSize]
}
