package import Basics

/// What a device says of itself: when it connects, on every change, and every 60 s.
package struct AgentStatus: Sendable, Equatable {
    /// Of the desired document that it runs; 0 before the first.
    package var revision: Int64
    package var snapshot: Snapshot.ID?
    package var state: InstanceState
    package var mode: Device.Mode
    package var transaction: AgentTransaction
    package var agentVersion: String
    package var nodeREDVersion: String?
    package var nodeVersion: String?
    /// As Node.js calls it: `x64`, `arm64`; `nil` of an older agent.
    package var architecture: String?
    /// Of Node-RED; `nil` while it does not run. In seconds.
    package var uptime: Int64?
    /// The device's own, which may be wrong.
    package var clock: Timestamp
    /// Differs after each boot of the machine.
    package var bootID: String
    /// Of its certificate, in hexadecimal.
    package var serial: String
    /// What is wrong now. One sentence.
    package var problem: String?

    package init(
        revision: Int64, snapshot: Snapshot.ID?, state: InstanceState, mode: Device.Mode,
        transaction: AgentTransaction, agentVersion: String, nodeREDVersion: String?,
        nodeVersion: String?, architecture: String? = nil, uptime: Int64?, clock: Timestamp,
        bootID: String, serial: String, problem: String?
    ) {
        self.revision = revision
        self.snapshot = snapshot
        self.state = state
        self.mode = mode
        self.transaction = transaction
        self.agentVersion = agentVersion
        self.nodeREDVersion = nodeREDVersion
        self.nodeVersion = nodeVersion
        self.architecture = architecture
        self.uptime = uptime
        self.clock = clock
        self.bootID = bootID
        self.serial = serial
        self.problem = problem
    }
}

extension AgentStatus: AgentMessage {
    package static let called = "a status"
    package static let limit = 16_384
    package static let valueLimit = 128

    package init(json object: JSONObject) throws(JSONFieldError) {
        revision = try object.counter("revision")
        snapshot = try object.optionalID("snapshot")
        state = try object.word("state")
        mode = try object.word("mode")
        transaction = try AgentTransaction(json: try object.required("transaction"))
        agentVersion = try object.text("agentVersion", upTo: 100)
        nodeREDVersion = try object.optionalText("nodeRedVersion", upTo: 100)
        nodeVersion = try object.optionalText("nodejsVersion", upTo: 100)
        architecture = try object.optionalText("architecture", upTo: 32)
        uptime = try object.optionalMeasured("uptime")
        clock = try object.moment("clock")
        bootID = try object.text("bootId", upTo: 64)
        serial = try object.text("serial", upTo: 64)
        problem = try object.optionalText("problem", upTo: 2000)
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("revision", revision)
            json.field("snapshot", snapshot)
            json.field("state", state.rawValue)
            json.field("mode", mode.rawValue)
            json.field("transaction", transaction)
            json.field("agentVersion", agentVersion)
            json.field("nodeRedVersion", nodeREDVersion)
            json.field("nodejsVersion", nodeVersion)
            json.field("architecture", architecture)
            json.field("uptime", uptime)
            json.field("clock", clock.milliseconds)
            json.field("bootId", bootID)
            json.field("serial", serial)
            json.field("problem", problem)
        }
    }
}
