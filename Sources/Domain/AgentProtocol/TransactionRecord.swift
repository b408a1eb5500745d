package import Basics

/// One of the two user directories of a device.
package enum DeviceSlot: String, Sendable, CaseIterable {
    case a, b
    package var other: DeviceSlot { self == .a ? .b : .a }
}

/// What is written down of a transaction before each of its steps, and all that the next start of
/// the agent knows of it.
package struct TransactionRecord: Sendable, Equatable {
    package typealias Phase = AgentTransaction.Phase

    package var phase = Phase.idle
    /// Revision of the document that runs for good; 0: none yet.
    package var committed: Int64 = 0
    /// Where it runs; `nil`: nothing does.
    package var slot: DeviceSlot?
    /// Revision of the document that the phase is about; in `idle` that of `committed`.
    package var revision: Int64 = 0
    package var deployment: String?
    /// Whether that document has a snapshot.
    package var hasContent = true
    /// Starts of the agent that found the probation open.
    package var starts = 0
    package var reason: String?
    /// Nodes that were in error before the switch, by their ids.
    package var inError: [String] = []

    package init() {}

    /// Where the new snapshot is put.
    package var target: DeviceSlot? { hasContent ? slot?.other ?? .a : nil }

    /// What shall run at this moment: after the switch the new one, else the former.
    package var running: (slot: DeviceSlot?, revision: Int64) {
        switch phase {
        case .probation, .commit: (target, revision)
        case .idle, .fetch, .verify, .stage, .waiting, .switch, .rollback, .failed, .inconsistent:
            (slot, committed)
        }
    }
}

extension TransactionRecord: AgentMessage {
    package static let called = "the journal"
    package static let limit = 1 << 18
    package static let valueLimit = 64 + mostInError
    package static let mostInError = 1000
    /// A node within subflows within subflows has the ids of all in its own.
    private static let longestID = 200

    package init(json object: JSONObject) throws(JSONFieldError) {
        phase = try object.word("phase")
        committed = try object.counter("committed")
        slot = nil
        if let word = try object.optionalString("slot") {
            guard let known = DeviceSlot(rawValue: word) else {
                throw JSONFieldError(field: "slot", reason: "is unknown")
            }
            slot = known
        }
        revision = try object.counter("revision")
        deployment = try object.optionalText("deployment", upTo: 64)
        hasContent = try object.optionalBool("hasContent") ?? true
        starts = try object.whole("starts", 0...1_000_000)
        reason = try object.optionalText("reason", upTo: 2000)
        inError = try object.optionalArray("inError")?.compactMap(\.string) ?? []
    }

    package mutating func remember(inError nodes: Set<String>) {
        inError = Array(
            nodes.filter { $0.utf8.count <= Self.longestID }.sorted().prefix(Self.mostInError))
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("format", 1)
            json.field("phase", phase.rawValue)
            json.field("committed", committed)
            json.field("slot", slot?.rawValue)
            json.field("revision", revision)
            json.field("deployment", deployment)
            json.field("hasContent", hasContent)
            json.field("starts", starts)
            json.field("reason", reason)
            if !inError.isEmpty {
                json.array("inError") { json in
                    for node in inError { json.value(node) }
                }
            }
        }
    }
}
