package import Basics
package import Domain

package struct AlarmView: APIView {
    let alarm: Alarm

    package init(_ alarm: Alarm) { self.alarm = alarm }

    package static var schema: Schema {
        .object(
            "Alarm",
            [
                .field("id", .identifier), .field("kind", .text),
                .field("object", AuditEventView.reference()),
                .field("severity", .words(Alarm.Severity.allCases.map(\.rawValue))),
                .field("text", .text), .field("since", .time),
                .field("acknowledgedBy", .optional(.text)),
                .field("acknowledgedAt", .optional(.time)), .field("clearedAt", .optional(.time)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", alarm.id)
            json.field("kind", alarm.kind.rawValue)
            json.field("object", ObjectReferenceView(alarm.object))
            json.field("severity", alarm.severity.rawValue)
            json.field("text", alarm.text)
            json.field("since", alarm.since)
            json.field("acknowledgedBy", alarm.acknowledgedBy)
            json.field("acknowledgedAt", alarm.acknowledgedAt)
            json.field("clearedAt", alarm.clearedAt)
        }
    }
}
