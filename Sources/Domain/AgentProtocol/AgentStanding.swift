package import Basics

/// What the newest document says of the device itself, whatever becomes of the snapshot that it
/// names: it holds at once, and through every start.
package struct AgentStanding: Sendable, Equatable {
    /// Of the document that said so.
    package var revision: Int64
    package var time: Timestamp
    /// `stopped` is off until somebody starts it.
    package var run: DesiredState
    package var mode: Device.Mode

    package init(_ document: DesiredDocument) {
        revision = document.revision
        time = document.time
        run = document.run
        mode = document.mode
    }
}

extension AgentStanding: AgentMessage {
    package static let called = "what a device stands at"
    package static let limit = 4096
    package static let valueLimit = 16

    package init(json object: JSONObject) throws(JSONFieldError) {
        revision = try object.counter("revision")
        time = try object.moment("time")
        run = try object.word("run")
        mode = try object.word("mode")
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("format", 1)
            json.field("revision", revision)
            json.field("time", time.milliseconds)
            json.field("run", run.rawValue)
            json.field("mode", mode.rawValue)
        }
    }
}
