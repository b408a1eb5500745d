import Basics

/// The fields that a change touched, as two small JSON objects. Secrets are named, never shown.
package struct AuditChanges: Sendable, Equatable {
    private var fields: [(name: String, before: JSONValue, after: JSONValue)] = []

    package init() {}

    package static func == (left: AuditChanges, right: AuditChanges) -> Bool {
        left.before == right.before && left.after == right.after
    }

    package var isEmpty: Bool { fields.isEmpty }
    package var names: [String] { fields.map(\.name) }

    package mutating func compare(_ name: String, _ before: String?, _ after: String?) {
        compare(name, before.map(JSONValue.string), after.map(JSONValue.string))
    }

    package mutating func compare(_ name: String, _ before: Int?, _ after: Int?) {
        compare(
            name, before.map { JSONValue.number(String($0)) },
            after.map { JSONValue.number(String($0)) })
    }

    package mutating func compare(_ name: String, _ before: Bool?, _ after: Bool?) {
        compare(name, before.map(JSONValue.bool), after.map(JSONValue.bool))
    }

    /// That a secret changed, without either value.
    package mutating func secret(_ name: String) {
        fields.append((name, .string("•••"), .string("•••")))
    }

    private mutating func compare(_ name: String, _ before: JSONValue?, _ after: JSONValue?) {
        guard before != after else { return }
        fields.append((name, before ?? .null, after ?? .null))
    }

    package var before: [UInt8]? { json(\.before) }
    package var after: [UInt8]? { json(\.after) }

    private func json(
        _ side: KeyPath<(name: String, before: JSONValue, after: JSONValue), JSONValue>
    ) -> [UInt8]? {
        let present = fields.filter { !$0[keyPath: side].isNull }
        guard !present.isEmpty else { return nil }
        return JSONObject(present.map { ($0.name, $0[keyPath: side]) }).json
    }
}

/// The three events that every kind of object has.
extension AuditEvent {
    package static func created(
        _ object: ObjectReference, team: Team.ID? = nil, _ changes: AuditChanges = AuditChanges()
    ) -> AuditEvent {
        AuditEvent(
            kind: "\(object.type).created", object: object, teamID: team, after: changes.after,
            text: "\(object.word) “\(object.name)” created")
    }

    package static func changed(
        _ object: ObjectReference, team: Team.ID? = nil, _ changes: AuditChanges
    ) -> AuditEvent {
        AuditEvent(
            kind: "\(object.type).changed", object: object, teamID: team, before: changes.before,
            after: changes.after,
            text:
                "\(object.word) “\(object.name)”: \(changes.names.joined(separator: ", ")) changed")
    }

    package static func removed(
        _ object: ObjectReference, team: Team.ID? = nil
    ) -> AuditEvent {
        AuditEvent(
            kind: "\(object.type).removed", object: object, teamID: team,
            text: "\(object.word) “\(object.name)” removed")
    }
}

extension ObjectReference {
    fileprivate var word: String { type.prefix(1).uppercased() + type.dropFirst() }
}
