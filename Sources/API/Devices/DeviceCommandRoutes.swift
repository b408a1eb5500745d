import Basics
import Domain
import HTTP
package import Site
package import Store

/// What somebody at a desk does with a device that is somewhere else.
package struct DeviceCommandRoutes: Resource {
    private let stores: Stores
    private let fleet: Fleet
    private let snapshots: DeviceSnapshots
    private let log = Log("devices")

    package init(stores: Stores, fleet: Fleet, snapshots: DeviceSnapshots) {
        self.stores = stores
        self.fleet = fleet
        self.snapshots = snapshots
    }

    package var routes: [Route] {
        [
            Route(
                .post, "/api/v1/devices/{device}/commands", .needs(.deviceControl),
                "Tell a device what to do", command),
            Route(
                .post, "/api/v1/devices/{device}/snapshots", .needs(.deviceControl),
                "Keep what runs on a device as a snapshot", keep),
        ]
    }

    private func device(_ context: RequestContext) async throws(Problem) -> Device {
        let id: Device.ID = try context.id("device")
        return try await stored { () async throws(StoreError) in try await stores.devices.get(id) }
    }

    private func command(
        _ body: DeviceOrder, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceOrderView> {
        let device = try await device(context)
        switch body.word {
        case .start, .stop: return try await run(body.word, device, context)
        case .restart:
            // Whoever wants it to begin anew wants it to run; the agent would run it, and the
            // registry would still say that it is off.
            guard device.desiredState == .running else {
                return try await run(.start, device, context)
            }
            try await send(.restart, device, context)
            return Found(DeviceOrderView(body.word, .done))
        case .identify:
            try await send(.identify, device, context)
            return Found(DeviceOrderView(body.word, .done))
        case .renew:
            try await send(.renew, device, context)
            return Found(DeviceOrderView(body.word, .done))
        case .override:
            let who = "\(context.actor.name): \(body.reason ?? "")"
            try await send(.overrideDefer(reason: who), device, context)
            return Found(DeviceOrderView(body.word, .done))
        case .developer:
            try await change(device, context) { $0.mode = .developer }
            return Found(DeviceOrderView(body.word, here(device) ? .done : .waiting))
        case .autonomous: return try await leave(body, device, context)
        }
    }

    private func here(_ device: Device) -> Bool { fleet.book[device.id]?.isConnected ?? false }

    /// What somebody wants outlives this moment: a device that is away learns it when it is back.
    private func run(
        _ word: DeviceOrder.Word, _ device: Device, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceOrderView> {
        let wish: DesiredState = word == .start ? .running : .stopped
        try await change(device, context) { $0.desiredState = wish }
        guard here(device) else { return Found(DeviceOrderView(word, .waiting)) }
        try await send(word == .start ? .start : .stop, device, context)
        return Found(DeviceOrderView(word, .done))
    }

    private func change(
        _ device: Device, _ context: RequestContext,
        _ change: @escaping @Sendable (inout Device) -> Void
    ) async throws(Problem) {
        let changed = try await stored { () async throws(StoreError) in
            try await stores.devices.update(device.id, by: context.actor, change)
        }
        if changed.revision != device.revision { await fleet.desiredChanged([device.id]) }
    }

    /// What was edited on the device goes when it gets its snapshot back: it is kept first, unless
    /// the caller says otherwise. Where only the caller's word says that it must be kept, a device
    /// that cannot be asked stays in developer mode.
    private func leave(
        _ body: DeviceOrder, _ device: Device, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceOrderView> {
        guard device.mode == .developer else { return Found(DeviceOrderView(body.word, .done)) }
        var kept: Snapshot?
        if body.keep != .discard {
            let name: Name<Snapshot>
            if let given = body.name { name = given } else { name = try Self.name(device) }
            do throws(DeviceSnapshots.Fault) {
                kept = try await snapshots.make(name, note: .empty, of: device, by: context.actor)
            } catch {
                guard body.keep != .snapshot else { throw Problem(error) }
                try await note(
                    "device.edits-not-kept", "its edits could not be kept", device, context)
            }
        }
        let target = body.keep == .snapshot ? kept?.id : nil
        try await change(device, context) { device in
            device.mode = .autonomous
            if let target { device.targetSnapshotID = target }
        }
        return Found(
            DeviceOrderView(body.word, here(device) ? .done : .waiting, snapshot: kept?.id))
    }

    private static func name(_ device: Device) throws(Problem) -> Name<Snapshot> {
        let time = Timestamp.now().rfc3339.prefix(19)
        let text = "\(device.name.text.prefix(40)) \(time)"
        return try valid("name") { () throws(ValidationFault) in try Name(validating: text) }
    }

    private func send(
        _ command: DeviceCommand, _ device: Device, _ context: RequestContext
    ) async throws(Problem) {
        // What nobody could trace is not done.
        try await note("device.command-sent", "told to \(command.sentence)", device, context)
        do throws(FleetFault) {
            try await fleet.send(command, to: device.id)
            await noteEnd("device.command-answered", "\(command.word) done", device, context)
        } catch {
            await noteEnd("device.command-failed", "\(command.word) failed", device, context)
            throw Problem(error)
        }
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

    /// It has happened: that it was told stands there already.
    private func noteEnd(
        _ kind: String, _ what: String, _ device: Device, _ context: RequestContext
    ) async {
        do throws(Problem) { try await note(kind, what, device, context) } catch {
            log.error("that \(device.id) was \(what) was not recorded: \(error.title)")
        }
    }

    private func keep(
        _ body: NewDeviceSnapshot, _ context: RequestContext
    ) async throws(Problem) -> Created<SnapshotView> {
        let device = try await device(context)
        do throws(DeviceSnapshots.Fault) {
            let snapshot = try await snapshots.make(
                body.name, note: body.note, of: device, by: context.actor)
            return Created(SnapshotView(snapshot), at: "/api/v1/snapshots/\(snapshot.id)")
        } catch { throw Problem(error) }
    }
}

extension DeviceCommand {
    /// For what is written down.
    fileprivate var sentence: String {
        if case .overrideDefer(let reason) = self { return "\(word) (\(reason))" }
        return word
    }
}
