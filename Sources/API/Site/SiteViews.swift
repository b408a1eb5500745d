package import Basics
import Domain

package struct SiteView: APIView {
    let site: SiteSettings

    static let language = Schema.words(Language.allCases.map(\.rawValue))

    package static var schema: Schema {
        .object(
            "Site",
            [.field("name", .text), .field("language", language), .field("timeZone", .text)])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", site.name.text)
            json.field("language", site.language.rawValue)
            json.field("timeZone", site.timeZone.text)
        }
    }
}

struct ChangeSite: APIBody {
    let name: Name<SiteSettings>?
    let language: Language?
    let timeZone: TimeZoneName?

    static var schema: Schema {
        .object(
            "ChangeSite",
            [
                .field("name", .text, optional: true),
                .field("language", SiteView.language, optional: true),
                .field("timeZone", .text, optional: true),
            ])
    }

    init(json: JSONObject) throws(JSONFieldError) {
        name = try json.optionalValidated("name", Name<SiteSettings>.init(validating:))
        language = try json.optionalWord("language", Language.self)
        timeZone = try json.optionalValidated("timeZone", TimeZoneName.init(validating:))
    }
}

/// What anybody may know: that we are here, and whether we wait to be set up.
package struct HealthView: APIView {
    let version: String
    let isSetUp: Bool
    let site: SiteSettings?
    let time: Timestamp

    package static var schema: Schema {
        .object(
            "Health",
            [
                .field("status", .words(["ok"])), .field("version", .text),
                .field("setupRequired", .boolean), .field("site", .optional(.text)),
                .field("time", .time), .field("language", SiteView.language),
                .field("timeZone", .text, optional: true),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("status", "ok")
            json.field("version", version)
            json.field("setupRequired", !isSetUp)
            json.field("site", site?.name.text)
            json.field("time", time)
            json.field("language", (site?.language ?? .english).rawValue)
            if let site { json.field("timeZone", site.timeZone.text) }
        }
    }
}
