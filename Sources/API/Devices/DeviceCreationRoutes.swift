package import Basics
package import Crypto
import Domain
import HTTP
package import Site
package import Store

/// Adding devices: one by one, and many out of a list.
package struct DeviceCreationRoutes: Resource {
    private let stores: Stores
    private let maker: DeviceViewMaker
    private let sealer: Sealer
    private let observer: any DeviceObserver
    private let callers: any CallerSource

    package init(
        stores: Stores, maker: DeviceViewMaker, sealer: Sealer, observer: any DeviceObserver,
        callers: any CallerSource
    ) {
        self.stores = stores
        self.maker = maker
        self.sealer = sealer
        self.observer = observer
        self.callers = callers
    }

    package var routes: [Route] {
        [
            Route(.post, "/api/v1/devices", .anywhere(.deviceEdit), "Add a device", create),
            Route(
                .post, "/api/v1/device-imports", .anywhere(.deviceEdit),
                "Add the devices of a list, or see what it would add", limit: .mebibytes(4),
                importList),
        ]
    }

    private func create(
        _ body: NewDevice, _ context: RequestContext
    ) async throws(Problem) -> Created<DeviceView> {
        let home = try await home(body.team, body.application, context.caller)
        if let group = body.group {
            let path = try await stored { () async throws(StoreError) in
                try await stores.applications.path(of: group)
            }
            guard let application = home.application, path?.application == application else {
                throw .invalid("groupId", "must be a group of the device’s application")
            }
        }
        let id = Device.ID.random()
        let draft = DeviceStore.Draft(
            id: id, team: home.team, application: home.application, group: body.group,
            name: body.name, type: body.type, tags: body.tags, secrets: try secrets(id))
        let device = try await stored { () async throws(StoreError) in
            try await stores.devices.insert(draft, by: context.actor)
        }
        await observer.desiredChanged([device.id])
        return Created(try await maker.view(device), at: "/api/v1/devices/\(device.id)")
    }

    private func secrets(_ id: Device.ID) throws(Problem) -> DeviceSecrets {
        do throws(OpenSSLError) { return try sealer.newSecrets(for: id) } catch { throw .storage }
    }

    private struct Home {
        let team: Team.ID
        let application: Application.ID?
    }

    /// Where it goes, if the caller may add devices there. A site with one team need not name it.
    private func home(
        _ team: Team.ID?, _ application: Application.ID?, _ caller: Caller
    ) async throws(Problem) -> Home {
        let path: ScopePath?
        if let application {
            path = try await stored { () async throws(StoreError) in
                try await stores.applications.path(of: application)
            }
        } else {
            path = try await teamPath(team)
        }
        guard let path, let found = path.team, caller.role(at: path) != nil else {
            throw .notFound(application == nil ? "The team" : "The application")
        }
        guard team == nil || team == found else {
            throw .invalid("applicationId", "must be an application of the team")
        }
        guard caller.may(.deviceEdit, at: path) else {
            throw .forbidden("Your role does not include: add devices.")
        }
        return Home(team: found, application: path.application)
    }

    private func teamPath(_ team: Team.ID?) async throws(Problem) -> ScopePath? {
        if let team {
            return try await stored { () async throws(StoreError) in
                try await stores.applications.path(of: team)
            }
        }
        let paths = try await stored { () async throws(StoreError) in
            try await stores.applications.paths()
        }
        let teams = paths.filter { $0.application == nil && $0.team != nil }
        guard teams.count == 1 else {
            throw .invalid("teamId", "must be named: there is more than one team")
        }
        return teams[0]
    }
}

/// Out of a list.
extension DeviceCreationRoutes {
    private func importList(
        _ body: NewDeviceImport, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceImportView> {
        let home = try await home(body.team, body.application, context.caller)
        let rows: [DeviceImportRow]
        do throws(CSVTable.Fault) {
            rows = try DeviceImportRow.rows(of: try CSVTable(Array(body.csv.utf8)))
        } catch { throw .invalid("csv", "cannot be read: line \(error.line) \(error.reason)") }
        // The database's own transaction is not to wait for cryptography.
        var drafts: [DeviceImportDraft] = []
        for row in rows {
            let id = Device.ID.random()
            drafts.append(DeviceImportDraft(id: id, row: row, secrets: try secrets(id)))
        }
        let (list, isDry) = (drafts, body.isDryRun)
        let caller = context.caller
        let outcome = try await stored { () async throws(StoreError) in
            try await stores.devices.importing(
                list, into: home.team, home.application, isDryRun: isDry, by: context.actor
            ) { caller.may(.deviceEdit, at: $0) }
        }
        if outcome.isApplied { await observer.desiredChanged(outcome.created) }
        return Found(DeviceImportView(outcome: outcome, isDryRun: isDry))
    }
}

package struct NewDeviceImport: APIBody {
    let csv: String
    let isDryRun: Bool
    let team: Team.ID?
    let application: Application.ID?

    package static var schema: Schema {
        .object(
            "NewDeviceImport",
            [
                .field("csv", .text), .field("dryRun", .boolean, optional: true),
                .field("teamId", .optional(.identifier), optional: true),
                .field("applicationId", .optional(.identifier), optional: true),
            ])
    }

    package init(json: JSONObject) throws(JSONFieldError) {
        csv = try json.string("csv")
        isDryRun = try json.optionalBool("dryRun") ?? false
        team = try json.optionalID("teamId")
        application = try json.optionalID("applicationId")
    }
}

/// What came of a list, line by line. All of it is added or, with one line that is refused, none.
package struct DeviceImportView: APIView {
    let outcome: DeviceImportOutcome
    let isDryRun: Bool

    package init(outcome: DeviceImportOutcome, isDryRun: Bool) {
        self.outcome = outcome
        self.isDryRun = isDryRun
    }

    package static var schema: Schema {
        let row = Schema.object(
            nil,
            [
                .field("line", .integer), .field("name", .text),
                .field("deviceId", .optional(.identifier)), .field("problem", .optional(.text)),
            ])
        return .object(
            "DeviceImport",
            [
                .field("dryRun", .boolean), .field("applied", .boolean),
                .field("good", .integer), .field("refused", .integer), .field("rows", .list(row)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("dryRun", isDryRun)
            json.field("applied", outcome.isApplied)
            json.field("good", outcome.rows.count { $0.problem == nil })
            json.field("refused", outcome.rows.count { $0.problem != nil })
            json.array("rows") { json in
                for row in outcome.rows {
                    json.object { json in
                        json.field("line", row.line)
                        json.field("name", row.name)
                        json.field("deviceId", outcome.isApplied ? row.device : nil)
                        json.field("problem", row.problem)
                    }
                }
            }
        }
    }
}
