package import Basics
import Domain

package struct AuditEventView: APIView {
    let entry: AuditEntry

    static func reference(_ types: Schema = .text) -> Schema {
        .object(nil, [.field("type", types), .field("id", .text), .field("name", .text)])
    }

    package static var schema: Schema {
        .object(
            "AuditEvent",
            [
                .field("id", .identifier), .field("at", .time),
                .field("actor", reference(.words(["user", "token", "site", "device", "nobody"]))),
                .field("address", .optional(.text)), .field("kind", .text),
                .field("object", .optional(reference())),
                .field("teamId", .optional(.identifier)),
                .field("before", .optional(.map(.anything))),
                .field("after", .optional(.map(.anything))), .field("text", .text),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", entry.id)
            json.field("at", entry.at)
            json.object("actor") { json in
                json.field("type", entry.actorType)
                json.field("id", entry.actorID ?? entry.actorType)
                json.field("name", entry.actorName)
            }
            json.field("address", entry.address)
            json.field("kind", entry.event.kind)
            json.field("object", entry.event.object.map(ObjectReferenceView.init))
            json.field("teamId", entry.event.teamID)
            json.key("before")
            if let before = entry.event.before { json.raw(before) } else { json.null() }
            json.key("after")
            if let after = entry.event.after { json.raw(after) } else { json.null() }
            json.field("text", entry.event.text)
        }
    }
}

struct ObjectReferenceView: JSONWritable, Sendable {
    let reference: ObjectReference

    init(_ reference: ObjectReference) { self.reference = reference }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("type", reference.type)
            json.field("id", reference.id)
            json.field("name", reference.name)
        }
    }
}

/// A line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula is made text.
enum CSV {
    static func line(_ cells: [String]) -> [UInt8] {
        Array((cells.map(cell).joined(separator: ",") + "\r\n").utf8)
    }

    private static func cell(_ text: String) -> String {
        var text = text
        if let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) {
            text = "'" + text
        }
        guard text.contains(where: { "\",\r\n".contains($0) || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
