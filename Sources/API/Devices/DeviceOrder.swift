package import Basics
import Domain

/// Body of a command.
package struct DeviceOrder: APIBody {
    enum Word: String, Sendable, CaseIterable {
        case start, stop, restart, identify, developer, autonomous, renew
        /// Switches although the machine says "not now".
        case override
    }

    /// What becomes of edits on the device when it leaves developer mode.
    enum Keep: String, Sendable, CaseIterable {
        /// Kept as a snapshot, which becomes what the device runs; without that it does not leave.
        case snapshot
        case discard
    }

    let word: Word
    /// `nil`: kept if the device can be asked; it runs its former snapshot again.
    let keep: Keep?
    let name: Name<Snapshot>?
    /// Why somebody overrides the machine; with that command only.
    let reason: String?

    package static var schema: Schema {
        .object(
            "DeviceOrder",
            [
                .field("command", .words(Word.allCases.map(\.rawValue))),
                .field("keep", .words(Keep.allCases.map(\.rawValue)), optional: true),
                .field("name", .text, optional: true),
                .field("reason", .text, optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        let text = try json.string("command")
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw JSONFieldError(field: "command", reason: "must be one of \(words)")
        }
        self.word = word
        var keep: Keep?
        if let text = try json.optionalString("keep") {
            keep = Keep(rawValue: text)
            guard keep != nil else {
                throw JSONFieldError(field: "keep", reason: "must be snapshot or discard")
            }
        }
        self.keep = keep
        name = try json.optionalName("name")
        reason = try json.optionalString("reason")
        // 400: a sentence of somebody who takes the responsibility.
        let isLong = (1...400).contains(reason?.utf8.count ?? 0)
        guard word != .override || isLong else {
            throw JSONFieldError(field: "reason", reason: "must say why the machine is overridden")
        }
    }
}

/// What came of a command.
package struct DeviceOrderView: APIView {
    enum State: String, CaseIterable {
        /// The device has done it.
        case done
        /// It is away, and learns it when it comes back.
        case waiting
    }

    let word: DeviceOrder.Word
    let state: State
    let snapshot: Snapshot.ID?

    init(_ word: DeviceOrder.Word, _ state: State, snapshot: Snapshot.ID? = nil) {
        self.word = word
        self.state = state
        self.snapshot = snapshot
    }

    package static var schema: Schema {
        .object(
            "DeviceOrderResult",
            [
                .field("command", .words(DeviceOrder.Word.allCases.map(\.rawValue))),
                .field("state", .words(State.allCases.map(\.rawValue))),
                .field("snapshotId", .optional(.identifier)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("command", word.rawValue)
            json.field("state", state.rawValue)
            json.field("snapshotId", snapshot)
        }
    }
}

package struct NewDeviceSnapshot: APIBody {
    let name: Name<Snapshot>
    let note: Note

    package static var schema: Schema {
        .object(
            "NewDeviceSnapshot", [.field("name", .text), .field("note", .text, optional: true)])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        name = try json.name("name")
        note = try json.note("note")
    }
}
