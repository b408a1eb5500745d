package import Basics
package import Domain

/// What our plugin inside an instance reports. It comes from a process that runs strangers' code:
/// what it says is believed about that instance alone.
package enum InstanceEvent: Sendable, Equatable {
    case listening, flowsStarted, flowsStopped, flowsHalted, safeMode
    /// Types of nodes, or names of modules.
    case missing([String])
    case deploy(id: String)
    case flowsUnreadable, credentialsUnreadable
    case resources(InstanceUsage)
    /// Log records that were counted, not written.
    case dropped(Int)
    case modules([NodeModule])

    package init?(_ object: JSONObject, _ now: Timestamp) {
        func names(_ key: String) -> [String] {
            object[key]?.array?.prefix(200).compactMap { $0.string ?? $0["module"]?.string } ?? []
        }
        switch object["event"]?.string {
        case "listening": self = .listening
        case "flows:started": self = .flowsStarted
        case "flows:stopped": self = .flowsStopped
        case "flows:halted": self = .flowsHalted
        case "safe-mode": self = .safeMode
        case "missing-types": self = .missing(names("types"))
        case "missing-modules": self = .missing(names("modules"))
        case "deploy": self = .deploy(id: object["id"]?.string ?? "")
        case "flows-unreadable": self = .flowsUnreadable
        case "credentials-unreadable": self = .credentialsUnreadable
        case "dropped": self = .dropped(Int(clamping: object["count"]?.int ?? 0))
        case "resources": self = .resources(InstanceUsage(object, now))
        case "modules":
            let modules = object["modules"]?.array?.prefix(500).compactMap { module in
                module["name"]?.string.map {
                    NodeModule(name: $0, version: module["version"]?.string ?? "")
                }
            }
            self = .modules(modules ?? [])
        default: return nil
        }
    }
}

/// What a process said that it used.
package struct InstanceUsage: Sendable, Equatable {
    package var at: Timestamp
    /// Bytes.
    package var rss: Int64
    package var heapUsed: Int64?
    /// Since the process started.
    package var processorTime: Duration
    package var lagMilliseconds: Double?

    package init(
        at: Timestamp, rss: Int64, heapUsed: Int64?, processorTime: Duration,
        lagMilliseconds: Double?
    ) {
        self.at = at
        self.rss = rss
        self.heapUsed = heapUsed
        self.processorTime = processorTime
        self.lagMilliseconds = lagMilliseconds
    }

    init(_ object: JSONObject, _ now: Timestamp) {
        func number(_ key: String) -> Int64? { object[key]?.int.map { max(0, $0) } }
        at = LogLine.moment(object["t"]?.int, now)
        rss = number("rss") ?? 0
        heapUsed = number("heapUsed")
        let micros =
            min((number("cpuUser") ?? 0), 1 << 50) + min((number("cpuSystem") ?? 0), 1 << 50)
        processorTime = .microseconds(micros)
        lagMilliseconds = object["lagMaxMs"]?.double
    }
}
