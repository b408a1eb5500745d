package import Basics
package import Domain

package struct MaintenanceWindowView: APIView {
    let window: MaintenanceWindow
    let opening: MaintenanceWindow.Opening?
    let now: Timestamp

    /// - Parameter opening: the present or the next one.
    package init(
        _ window: MaintenanceWindow, opening: MaintenanceWindow.Opening?, now: Timestamp
    ) {
        self.window = window
        self.opening = opening
        self.now = now
    }

    package static var schema: Schema {
        .object(
            "MaintenanceWindow",
            [
                .field("id", .identifier), .field("teamId", .identifier),
                .field("applicationId", .identifier), .field("name", .text),
            ] + ruleSchema + [
                .field("isOpen", .boolean), .field("opensAt", .optional(.time)),
                .field("closesAt", .optional(.time)), .field("createdAt", .time),
            ])
    }

    static var ruleSchema: [Schema.Field] {
        [
            .field("timeZone", .text),
            .field(
                "weekly",
                .list(
                    .object(
                        nil,
                        [
                            .field("days", .list(.words(MaintenanceWindow.Rule.dayWords))),
                            .field("start", .text), .field("minutes", .integer),
                        ]))),
            .field(
                "exceptions",
                .list(
                    .object(
                        nil,
                        [
                            .field("from", .time), .field("to", .time), .field("open", .boolean),
                        ]))),
        ]
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", window.id)
            json.field("teamId", window.teamID)
            json.field("applicationId", window.applicationID)
            json.field("name", window.name.text)
            window.rule.fields(of: &json)
            json.field("isOpen", opening.map { $0.from <= now } ?? false)
            json.field("opensAt", opening?.from)
            json.field("closesAt", opening?.to)
            json.field("createdAt", window.createdAt)
        }
    }
}

/// Whether what would be done fits into the next opening.
package struct WindowPreviewView: APIView {
    let opening: MaintenanceWindow.Opening?
    let devices: Int
    let fetchSeconds: Int?
    let switchSeconds: Int?
    let neededSeconds: Int?
    let text: String

    package static var schema: Schema {
        .object(
            "WindowPreview",
            [
                .field("opensAt", .optional(.time)), .field("closesAt", .optional(.time)),
                .field("devices", .integer), .field("fetchSeconds", .optional(.integer)),
                .field("switchSeconds", .optional(.integer)),
                .field("neededSeconds", .optional(.integer)), .field("fits", .optional(.boolean)),
                .field("text", .text),
            ])
    }

    /// `nil`: nothing was measured.
    var fits: Bool? {
        guard let opening else { return false }
        return neededSeconds.map { opening.from + .seconds($0) <= opening.to }
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("opensAt", opening?.from)
            json.field("closesAt", opening?.to)
            json.field("devices", devices)
            json.field("fetchSeconds", fetchSeconds)
            json.field("switchSeconds", switchSeconds)
            json.field("neededSeconds", neededSeconds)
            json.field("fits", fits)
            json.field("text", text)
        }
    }
}

struct MakeMaintenanceWindow: APIBody {
    let application: Application.ID
    let name: Name<MaintenanceWindow>
    let rule: MaintenanceWindow.Rule

    static var schema: Schema {
        .object(
            "MakeMaintenanceWindow",
            [.field("applicationId", .identifier), .field("name", .text)]
                + MaintenanceWindowView.ruleSchema.map {
                    .field($0.name, $0.schema, optional: true)
                })
    }

    init(json: JSONObject) throws(JSONFieldError) {
        application = try json.id("applicationId")
        name = try json.validated("name", Name<MaintenanceWindow>.init(validating:))
        rule = try MaintenanceWindow.Rule.checked(json)
    }
}

struct ChangeMaintenanceWindow: APIBody {
    let name: Name<MaintenanceWindow>?
    private let json: JSONObject

    static var schema: Schema {
        .object(
            "ChangeMaintenanceWindow",
            ([.field("name", .text)] + MaintenanceWindowView.ruleSchema).map {
                .field($0.name, $0.schema, optional: true)
            })
    }

    init(json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalValidated("name", Name<MaintenanceWindow>.init(validating:))
        self.json = json
    }

    /// The rule with what the body names in place of what it had.
    func rule(
        from old: MaintenanceWindow.Rule
    ) throws(JSONFieldError) -> MaintenanceWindow.Rule {
        var whole = (try? JSONReader.read(old.json).object) ?? JSONObject()
        for field in MaintenanceWindowView.ruleSchema {
            if let value = json[field.name], !value.isNull { whole[field.name] = value }
        }
        return try MaintenanceWindow.Rule.checked(whole)
    }
}

extension MaintenanceWindow.Rule {
    fileprivate static func checked(_ json: JSONObject) throws(JSONFieldError) -> Self {
        let rule = try MaintenanceWindow.Rule(json: json)
        do throws(ValidationFault) { return try rule.validated() } catch {
            throw JSONFieldError(field: "weekly", reason: error.reason)
        }
    }
}
