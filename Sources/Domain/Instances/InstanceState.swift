/// How an instance is, in the words of the API.
package enum InstanceState: String, Sendable, CaseIterable {
    case stopped, starting, running, unhealthy, stopping
    case backingOff = "backing-off"
    case safe, crashed
}

/// What somebody wants of an instance; it outlives reboots.
package enum DesiredState: String, Sendable, CaseIterable {
    case running, stopped
}
