package import Basics
import Domain

package struct TeamView: APIView {
    let team: Team
    /// Of the caller.
    let role: Role

    package static var schema: Schema {
        .object(
            "Team",
            [
                .field("id", .identifier), .field("name", .text), .field("slug", .text),
                .field("organizationId", .identifier), .field("createdAt", .time),
                .field("role", .words(Role.allCases.map(\.rawValue))),
                .field(
                    "counts",
                    .object(
                        nil,
                        [
                            .field("applications", .integer), .field("instances", .integer),
                            .field("devices", .integer),
                        ])),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", team.id)
            json.field("name", team.name.text)
            json.field("slug", team.slug.text)
            json.field("organizationId", team.organizationID)
            json.field("createdAt", team.createdAt)
            json.field("role", role.rawValue)
            json.object("counts") { json in
                json.field("applications", team.counts.applications)
                json.field("instances", team.counts.instances)
                json.field("devices", team.counts.devices)
            }
        }
    }
}

package struct ApplicationView: APIView {
    let application: Application

    package static var schema: Schema {
        .object(
            "Application",
            [
                .field("id", .identifier), .field("teamId", .identifier), .field("name", .text),
                .field("description", .text), .field("createdAt", .time),
                .field("counts", .object(nil, [.field("instances", .integer)])),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", application.id)
            json.field("teamId", application.teamID)
            json.field("name", application.name.text)
            json.field("description", application.description.text)
            json.field("createdAt", application.createdAt)
            json.object("counts") { $0.field("instances", application.instanceCount) }
        }
    }
}

struct NameTeam: APIBody {
    let name: Name<Team>

    static var schema: Schema { .object("NameTeam", [.field("name", .text)]) }

    init(json: JSONObject) throws(JSONFieldError) {
        name = try json.validated("name", Name<Team>.init(validating:))
    }
}

struct MakeApplication: APIBody {
    let name: Name<Application>
    let description: Note

    static var schema: Schema {
        .object(
            "MakeApplication",
            [.field("name", .text), .field("description", .text, optional: true)])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        name = try json.validated("name", Name<Application>.init(validating:))
        description = try json.optionalValidated("description", Note.init(validating:)) ?? .empty
    }
}

struct ChangeApplication: APIBody {
    let name: Name<Application>?
    let description: Note?

    static var schema: Schema {
        .object(
            "ChangeApplication",
            [
                .field("name", .text, optional: true),
                .field("description", .text, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalValidated("name", Name<Application>.init(validating:))
        description = try json.optionalValidated("description", Note.init(validating:))
    }
}
