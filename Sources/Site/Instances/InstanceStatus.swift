package import Basics
package import Domain

/// How an instance is at the moment.
package struct InstanceStatus: Sendable, Equatable, JSONWritable {
    package var id: Instance.ID
    package var state = InstanceState.stopped
    /// One sentence: what is wrong, what to do.
    package var detail: String?
    package var pid: Int32?
    /// On loopback; `nil` while no process listens there.
    package var port: Int?
    package var startedAt: Timestamp?
    /// Ends of the process by itself since it last ran well.
    package var restarts = 0
    package var isSafe = false
    /// The newest sample.
    package var usage: ResourceSample?

    package init(id: Instance.ID) { self.id = id }

    /// Topic `instances` of the live socket.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("state", state.rawValue)
            json.field("stateDetail", detail)
            json.field("pid", pid)
            json.field("startedAt", startedAt)
            json.field("restarts", restarts)
            json.field("safeMode", isSafe)
        }
    }
}
