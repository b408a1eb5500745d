import Basics
package import Domain
import HTTP
package import Site
package import Store

/// What the unmodified FlowFuse agent asks at run time, with the status codes that it looks at.
/// 401 and 404 make it wipe what it runs: nothing but a token that is not good may answer so.
package struct StockAgentRoutes: Resource {
    /// How an agent reaches the packages of the site: by what it called us, with its own token.
    package typealias PaletteMaker =
        @Sendable (_ origin: String, _ token: String) async -> StockSettings.Palette

    private let stores: Stores
    private let fleet: Fleet
    private let content: StockContent
    private let snapshots: DeviceSnapshots
    private let journal: StockJournal
    private let palette: PaletteMaker

    package init(
        stores: Stores, fleet: Fleet, content: StockContent, snapshots: DeviceSnapshots,
        palette: @escaping PaletteMaker
    ) {
        self.stores = stores
        self.fleet = fleet
        self.content = content
        self.snapshots = snapshots
        journal = StockJournal(stores: stores, fleet: fleet, snapshots: snapshots)
        self.palette = palette
    }

    package var routes: [Route] {
        let live = "/api/v1/devices/{device}/live"
        return [
            .raw(.post, "\(live)/state", .device, "Check in, or bring in existing flows", checkIn),
            .raw(.get, "\(live)/state", .device, "Read what the device shall run", state),
            .raw(.get, "\(live)/snapshot", .device, "Get the flows to run", snapshot),
            .raw(.get, "\(live)/settings", .device, "Get the settings to run with", settings),
            .raw(
                .get, "/api/v1/devices/{device}/editor/token", .anybody,
                "Check a token of the device's editor", editorToken),
            .raw(.post, "/logging/device/{device}/audit", .device, "Tell what happened", audit),
        ]
    }

    /// A disk that is full, or a secret that does not open, must never read as "you are deleted".
    private func served<Value>(
        _ body: () async throws -> Value
    ) async throws(Problem) -> Value {
        do { return try await body() } catch let problem as Problem { throw problem } catch {
            throw Problem(
                type: "/problems/not-ready", title: "Not ready", status: 503, detail: "\(error)")
        }
    }

    private func device(_ context: RequestContext) async throws(Problem) -> Device {
        let id: Device.ID = try context.id("device")
        return try await served { try await stores.devices.get(id) }
    }

    /// 8 MB: existing flows with their credentials come the same way.
    private func checkIn(_ context: RequestContext) async throws(Problem) -> Response {
        let device = try await device(context)
        let object = try await context.jsonBody(limit: .mebibytes(8))
        if object["state"]?.string == "provisioning", let flows = object["provisioning"]?.object {
            return try await bring(flows, device, context)
        }
        let status: StockStatus
        do throws(StockFault) { status = try StockStatus(object) } catch {
            throw .malformed(error.description)
        }
        let answer = try await served { try await fleet.checkIn(status, of: device) }
        return .json(answer, status: answer.httpStatus)
    }

    private func bring(
        _ flows: JSONObject, _ device: Device, _ context: RequestContext
    ) async throws(Problem) -> Response {
        do throws(DeviceSnapshots.Fault) {
            _ = try await snapshots.bring(flows, of: device, by: context.actor)
        } catch { throw Problem(error) }
        return .json(JSONObject())
    }

    private func state(_ context: RequestContext) async throws(Problem) -> Response {
        let id: Device.ID = try context.id("device")
        let desired = try await served { try await content.desired(of: id) }
        var json = JSONWriter()
        json.object { json in
            json.field("application", desired.application)
            json.field("project", String?.none)
            json.field("snapshot", desired.snapshotName)
            json.field("settings", desired.settings)
            json.field("mode", desired.mode.rawValue)
            json.field("licensed", true)
        }
        return .bytes(json.bytes, type: "application/json")
    }

    private func snapshot(_ context: RequestContext) async throws(Problem) -> Response {
        let id: Device.ID = try context.id("device")
        let bytes = try await served { try await content.snapshot(of: id) }
        return .bytes(bytes, type: "application/json")
    }

    private func settings(_ context: RequestContext) async throws(Problem) -> Response {
        let device = try await device(context)
        var palette: StockSettings.Palette?
        if let origin = context.called?.httpsOrigin,
            let token = context.request.headers[Header.authorization]?
                .split(separator: " ").last.map(String.init)
        {
            palette = await self.palette(origin, token)
        }
        let own = palette
        let bytes = try await served { try await content.settings(of: device, palette: own) }
        return .bytes(bytes, type: "application/json")
    }

    /// Asked by Node-RED on the device itself; it keeps the answer for half a minute.
    private func editorToken(_ context: RequestContext) async throws(Problem) -> Response {
        guard let id = Device.ID(context.parameter("device")),
            let token = context.request.headers["x-access-token"],
            await fleet.isEditorToken(token, of: id)
        else { throw .unauthenticated }
        var json = JSONWriter()
        json.object { json in
            json.field("username", "forge")
            json.field("permissions", "*")
        }
        return .bytes(json.bytes, type: "application/json")
    }

    private func audit(_ context: RequestContext) async throws(Problem) -> Response {
        let device = try await device(context)
        let object = try await context.jsonBody(limit: .kibibytes(64))
        await journal.note(object, of: device, from: context.request.peer.address)
        return .json(JSONObject())
    }
}
