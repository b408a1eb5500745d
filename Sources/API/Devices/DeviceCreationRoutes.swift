package import Basics
import Domain
import HTTP
package import Site
package import Store

/// Adding devices: one by one, and many out of a list.
package struct DeviceCreationRoutes: Resource {
    private let stores: Stores
    private let maker: DeviceViewMaker
    private let secrets: DeviceSecretMaker
    private let stock: StockEnrolment
    private let observer: any DeviceObserver
    private let callers: any CallerSource
    private let places: DevicePlaces

    package init(
        stores: Stores, maker: DeviceViewMaker, secrets: DeviceSecretMaker, stock: StockEnrolment,
        observer: any DeviceObserver,
        callers: any CallerSource
    ) {
        self.stores = stores
        self.maker = maker
        self.secrets = secrets
        self.stock = stock
        places = DevicePlaces(applications: stores.applications)
        self.observer = observer
        self.callers = callers
    }

    package var routes: [Route] {
        [
            Route(
                .post, "/api/v1/device-imports", .anywhere(.deviceEdit),
                "Add the devices of a list, or see what it would add", limit: .mebibytes(4),
                importList)
        ]
    }

    /// For `POST /devices`, which agents call too: who is to be signed in is asked here.
    func add(_ context: RequestContext) async throws(Problem) -> Response {
        let caller = try await callers.caller(of: context.request)
        guard caller.isSignedIn else { throw .unauthenticated }
        let body: NewDevice
        let object = try await context.jsonBody(limit: .mebibytes(1))
        do throws(JSONFieldError) { body = try NewDevice(json: object) } catch {
            throw .invalid(error.field, error.reason)
        }
        return try await create(body, caller).response
    }

    private func create(
        _ body: NewDevice, _ caller: Caller
    ) async throws(Problem) -> Created<DeviceView> {
        guard !caller.readOnly else { throw .forbidden("This token may only read.") }
        let place = try await places.find(
            team: body.team, application: body.application, group: body.group, for: caller,
            .deviceEdit)
        if let session = body.registrationSession {
            guard caller.may(.deviceEnrol, at: place.path) else {
                throw .forbidden("Your role does not include: let devices in.")
            }
            guard stock.isRegistering(session) else {
                throw .invalid("registrationSession", "has ended: let the agent begin again")
            }
        }
        let id = Device.ID.random()
        let draft = DeviceStore.Draft(
            id: id, team: place.team, application: place.application, group: place.group,
            name: body.name, type: body.type, tags: body.tags, secrets: try newSecrets(id))
        let device = try await stored { () async throws(StoreError) in
            try await stores.devices.insert(draft, by: caller.actor)
        }
        if let session = body.registrationSession {
            do throws(StockEnrolment.Fault) {
                _ = try await stock.finishRegistration(session, device, by: caller.actor)
            } catch { throw Problem(error) }
        }
        await observer.desiredChanged([device.id])
        return Created(try await maker.view(device), at: "/api/v1/devices/\(device.id)")
    }

    private func newSecrets(_ id: Device.ID) throws(Problem) -> DeviceSecrets {
        do throws(DeviceSecretMaker.Fault) { return try secrets.secrets(for: id) } catch {
            throw .storage
        }
    }
}

/// Out of a list.
extension DeviceCreationRoutes {
    private func importList(
        _ body: NewDeviceImport, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceImportView> {
        let home = try await places.find(
            team: body.team, application: body.application, for: context.caller, .deviceEdit)
        let rows: [DeviceImportRow]
        do throws(CSVTable.Fault) {
            rows = try DeviceImportRow.rows(of: try CSVTable(Array(body.csv.utf8)))
        } catch { throw .invalid("csv", "cannot be read: line \(error.line) \(error.reason)") }
        // The database's own transaction is not to wait for cryptography.
        var drafts: [DeviceImportDraft] = []
        for row in rows {
            let id = Device.ID.random()
            drafts.append(DeviceImportDraft(id: id, row: row, secrets: try newSecrets(id)))
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
