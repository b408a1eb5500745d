/// How a device's Node-RED is, in the words of the API: those of instances and a few more.
package enum DeviceState: String, Sendable, CaseIterable {
    case unknown, stopped, starting, running, unhealthy, stopping
    case backingOff = "backing-off"
    case safe, crashed
    /// It gets or installs what it shall run.
    case updating
    /// What it shall run could not be got or installed; it tries again.
    case error

    /// A word of either kind of agent; `.unknown` for what no paper names.
    package init(reported word: String) {
        switch word {
        case "suspended": self = .stopped
        case "loading", "restarting": self = .starting
        case "installing", "provisioning": self = .updating
        default: self = DeviceState(rawValue: word) ?? .unknown
        }
    }
}

/// Where a device stands in the change from one snapshot to the next.
package enum DevicePhase: String, Sendable, CaseIterable {
    case idle, fetch, verify, stage, waiting, `switch`, probation, commit, rollback, failed
    /// Neither the new nor the former snapshot could be made to run.
    case inconsistent
}
