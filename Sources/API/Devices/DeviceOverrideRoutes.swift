package import Basics
import Domain
import HTTP
package import Site
package import Store

/// Switching a device although it says "not now": one person asks with a reason, a second allows it.
package struct DeviceOverrideRoutes: Resource {
    private let stores: Stores
    private let fleet: Fleet
    private let overrides: DeviceOverrides

    package init(stores: Stores, fleet: Fleet, overrides: DeviceOverrides = DeviceOverrides()) {
        self.stores = stores
        self.fleet = fleet
        self.overrides = overrides
    }

    package var routes: [Route] {
        let path = "/api/v1/devices/{device}/override"
        return [
            Route(
                .get, path, .needs(.deviceRead), "Read whether somebody asked for an override",
                show),
            Route(
                .post, path, .needs(.deviceControl),
                "Ask that a device switches although it says “not now”", ask),
            Route(
                .delete, path, .needs(.deviceControl), "Take back or refuse an override",
                withdraw),
            Route(
                .post, "\(path)/approve", .needs(.deviceControl),
                "Allow an override that somebody else asked for", approve),
        ]
    }

    private func device(_ context: RequestContext) async throws(Problem) -> Device {
        let id: Device.ID = try context.id("device")
        return try await stored { () async throws(StoreError) in try await stores.devices.get(id) }
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<OverrideView> {
        let device = try await device(context)
        return Found(view(overrides[device.id], context))
    }

    private func view(_ open: DeviceOverride?, _ context: RequestContext) -> OverrideView {
        OverrideView(open: open, mayApprove: open?.isSecond(context.actor) ?? false)
    }

    private func ask(
        _ body: AskOverride, _ context: RequestContext
    ) async throws(Problem) -> Found<OverrideView> {
        let device = try await device(context)
        guard fleet.book[device.id]?.report?.step.phase == .waiting else {
            throw .conflict("The device does not wait for its machine or its window now.")
        }
        try await note(
            "device.override-asked", "asked to switch now: \(body.reason)", device, context)
        return Found(view(overrides.ask(device.id, body.reason, by: context.actor), context))
    }

    private func withdraw(_ context: RequestContext) async throws(Problem) -> Done {
        let device = try await device(context)
        guard let open = overrides[device.id] else { return Done() }
        try await note("device.override-refused", "is not to switch now", device, context)
        _ = overrides.take(open)
        return Done()
    }

    private func approve(_ context: RequestContext) async throws(Problem) -> Found<OverrideView> {
        let device = try await device(context)
        guard let open = overrides[device.id] else { throw .notFound("The override") }
        guard open.isSecond(context.actor) else {
            throw .forbidden("You asked for it: a second person must allow it.")
        }
        let who = "\(open.askedBy.name) and \(context.actor.name)"
        try await note("device.override-approved", "told to switch now (\(who))", device, context)
        guard overrides.take(open) else { throw .conflict("Somebody has decided meanwhile.") }
        do throws(FleetFault) {
            try await fleet.send(.overrideDefer(reason: "\(who): \(open.reason)"), to: device.id)
        } catch { throw Problem(error) }
        return Found(view(nil, context))
    }

    private func note(
        _ kind: String, _ what: String, _ device: Device, _ context: RequestContext
    ) async throws(Problem) {
        let event = AuditEvent(
            kind: kind, object: device.reference, teamID: device.teamID,
            text: "Device “\(device.name)”: \(what)")
        try await stored { () async throws(StoreError) in
            try await stores.audit.record(event, by: context.actor)
        }
    }
}

package struct AskOverride: APIBody {
    let reason: String

    package static var schema: Schema { .object("AskOverride", [.field("reason", .text)]) }

    package init(json: JSONObject) throws(JSONFieldError) {
        reason = try json.string("reason")
        guard (3...DeviceOverride.longestReason).contains(reason.count) else {
            throw JSONFieldError(field: "reason", reason: "must have 3 to 500 characters")
        }
    }
}

/// What is asked for, if anything.
package struct OverrideView: APIView {
    let open: DeviceOverride?
    /// Whether the caller is the second person.
    let mayApprove: Bool

    package static var schema: Schema {
        .object(
            "DeviceOverride",
            [
                .field("reason", .optional(.text)), .field("askedBy", .optional(.text)),
                .field("askedAt", .optional(.time)), .field("until", .optional(.time)),
                .field("mayApprove", .boolean),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("reason", open?.reason)
            json.field("askedBy", open?.askedBy.name)
            json.field("askedAt", open?.askedAt)
            json.field("until", open?.until)
            json.field("mayApprove", mayApprove)
        }
    }
}
