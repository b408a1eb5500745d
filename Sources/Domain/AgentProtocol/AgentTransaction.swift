package import Basics

/// How far a device has come with what it shall run, as it tells the appliance.
package struct AgentTransaction: Sendable, Equatable {
    /// Why a device waits that somebody has stopped.
    package static let off = "It is stopped, and takes the snapshot when it is started."

    package enum Phase: String, Sendable, CaseIterable {
        /// What runs is what shall run.
        case idle
        case fetch, verify, stage
        /// Everything is here; the machine or the maintenance window says "not now".
        case waiting
        case `switch`, probation, commit, rollback
        /// The former snapshot runs; `reason` says why.
        case failed
        /// Neither snapshot could be brought to run; somebody must look.
        case inconsistent

        /// Whether the device still works on it.
        package var isOpen: Bool {
            switch self {
            case .idle, .failed, .inconsistent: false
            case .fetch, .verify, .stage, .waiting, .switch, .probation, .commit, .rollback: true
            }
        }
    }

    package var phase: Phase
    /// Of the desired document that it is about.
    package var revision: Int64
    package var deployment: String?
    /// Bytes that are here, of bytes that must be here; in other phases 0.
    package var done: Int64
    package var of: Int64
    /// Why it waits, failed or went back. One sentence.
    package var reason: String?
    /// When probation, or what it waits for, ends at the latest; by the appliance's clock.
    package var until: Timestamp?
    /// Whether the appliance has heard the device since the switch; `nil` outside of probation.
    package var contact: Bool?

    package init(
        phase: Phase = .idle, revision: Int64 = 0, deployment: String? = nil, done: Int64 = 0,
        of: Int64 = 0, reason: String? = nil, until: Timestamp? = nil
    ) {
        self.phase = phase
        self.revision = revision
        self.deployment = deployment
        self.done = done
        self.of = of
        self.reason = reason
        self.until = until
    }
}

extension AgentTransaction: AgentMessage {
    package static let called = "a transaction"
    package static let limit = 8192
    package static let valueLimit = 64

    package init(json object: JSONObject) throws(JSONFieldError) {
        phase = try object.word("phase")
        revision = try object.counter("revision")
        deployment = try object.optionalText("deployment", upTo: 64)
        done = try object.optionalMeasured("done") ?? 0
        of = try object.optionalMeasured("of") ?? 0
        reason = try object.optionalText("reason", upTo: 2000)
        until = try object.optionalMoment("until")
        contact = try object.optionalBool("contact")
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("phase", phase.rawValue)
            json.field("revision", revision)
            json.field("deployment", deployment)
            json.field("done", done)
            json.field("of", of)
            json.field("reason", reason)
            json.field("until", until?.milliseconds)
            if let contact { json.field("contact", contact) }
        }
    }
}
