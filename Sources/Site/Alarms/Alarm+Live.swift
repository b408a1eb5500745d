import Basics
import Domain

extension Alarm {
    /// As listeners of the topic `alarms` get it.
    var liveJSON: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("id", id)
            json.field("kind", kind.rawValue)
            json.object("object") { json in
                json.field("type", object.type)
                json.field("id", object.id)
                json.field("name", object.name)
            }
            json.field("severity", severity.rawValue)
            json.field("text", text)
            json.field("since", since)
            json.field("acknowledgedBy", acknowledgedBy)
            json.field("acknowledgedAt", acknowledgedAt)
            json.field("clearedAt", clearedAt)
        }
        return json.bytes
    }
}
