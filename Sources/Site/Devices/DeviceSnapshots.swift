package import Basics
package import Domain
package import Store

/// Keeps what runs on a device as a snapshot of its application.
package struct DeviceSnapshots: Sendable {
    package enum Fault: Error, Sendable, Equatable {
        case fleet(FleetFault)
        case version(VersionFault)
        case notRunning
        /// A device that belongs to no application has nowhere to put it.
        case noApplication
        /// What it sent is not what was asked for. One sentence.
        case malformed(String)
    }

    /// 10: as FlowFuse keeps of each device. Older ones that nobody pinned, renamed or uses go.
    package static let automaticLimit = 10

    private let fleet: Fleet
    private let stores: Stores
    private let library: VersionLibrary
    private let content: StockContent
    private let settling: @Sendable () async -> Void
    private let reader = CaptureReader()

    /// 5 s: Node-RED tells of a deploy before it has written it.
    package static let settlingTime = Duration.seconds(5)

    /// - Parameter settling: returns when a deploy that was told of is on the device's disk.
    package init(
        fleet: Fleet, stores: Stores, library: VersionLibrary, content: StockContent,
        settling: @escaping @Sendable () async -> Void = {
            try? await Task.sleep(for: DeviceSnapshots.settlingTime)
        }
    ) {
        self.fleet = fleet
        self.stores = stores
        self.library = library
        self.content = content
        self.settling = settling
    }

    /// Asks the device, whatever agent it has.
    package func make(
        _ name: Name<Snapshot>, note: Note, of device: Device, by actor: Actor
    ) async throws(Fault) -> Snapshot {
        guard let application = device.applicationID else { throw .noApplication }
        let answer: JSONValue
        do throws(FleetFault) { answer = try await fleet.send(.capture, to: device.id) } catch {
            throw .fleet(error)
        }
        var taken = try await capture(answer, of: device)
        taken.note = note.text
        do throws(VersionFault) {
            return try await library.take(taken, into: application, name: name, by: actor)
        } catch { throw .version(error) }
    }

    private func capture(_ answer: JSONValue, of device: Device) async throws(Fault)
        -> SnapshotContent
    {
        if device.agent == .stock {
            guard let flows = answer["flows"], !flows.isNull else { throw .notRunning }
            return try await reader.content(
                flows, answer["credentials"]?.object, try await secret(of: device),
                answer["package"]?["modules"]?.object)
        }
        guard let object = answer["capture"]?.object else { throw .notRunning }
        let capture: AgentReply.Capture
        do throws(JSONFieldError) { capture = try AgentReply.Capture(json: object) } catch {
            throw .malformed("The device's answer is wrong: \(error.field) \(error.reason).")
        }
        return try await reader.content(of: capture, try await secret(of: device))
    }

    private func secret(of device: Device) async throws(Fault) -> String {
        do { return try await content.secret(of: device.id) } catch {
            throw .version(.credentials)
        }
    }

    /// Flows that a device ran before it came to this site; the device gets them as its target.
    package func bring(
        _ provisioning: JSONObject, of device: Device, by actor: Actor
    ) async throws(Fault) -> Snapshot {
        guard let application = device.applicationID else { throw .noApplication }
        guard let configuration = provisioning["deviceConfig"]?.object,
            let flows = configuration["flows"]
        else { throw .malformed("The flows to bring in are missing.") }
        var taken = try await reader.content(
            flows, configuration["credentials"]?.object,
            provisioning["credentialSecret"]?.string,
            configuration["package"]?["modules"]?.object)
        taken.note = provisioning["description"]?.string ?? ""
        let text = "\(device.name): \(provisioning["name"]?.string ?? "existing flows")"
        let snapshot: Snapshot
        do throws(VersionFault) {
            snapshot = try await library.take(
                taken, into: application, name: try await free(text, in: application), by: actor)
        } catch { throw .version(error) }
        do throws(StoreError) {
            _ = try await stores.devices.update(device.id, by: actor) {
                $0.targetSnapshotID = snapshot.id
            }
        } catch { throw .version(.store(error)) }
        await fleet.desiredChanged([device.id])
        return snapshot
    }

    // MARK: Automatic

    private static func mark(_ device: Device) -> String { "automatic snapshot of \(device.id)" }

    /// Somebody has deployed on the device itself. What is deployed while a snapshot is under way
    /// gets one of its own, once that is done.
    package func deployed(on device: Device) async {
        guard device.mode == .developer, let application = device.applicationID,
            await fleet.beginsCapture(device.id)
        else { return }
        repeat {
            await settling()
            await fleet.takesCapture(device.id)
            await keepAutomatic(device, in: application)
        } while await !fleet.endsCapture(device.id)
    }

    private func keepAutomatic(_ device: Device, in application: Application.ID) async {
        do {
            let time = Timestamp.now().rfc3339.prefix(19).replacing("T", with: " ")
            let name = try await free("Auto Snapshot - \(time)", in: application)
            let note = Note(stored: Self.mark(device))
            _ = try await make(name, note: note, of: device, by: .device(device))
            try await stores.snapshots.thin(
                application, note: note, toNewest: Self.automaticLimit)
        } catch { Log("fleet").warning("no automatic snapshot of device \(device.id): \(error)") }
    }

    private func free(
        _ text: String, in application: Application.ID
    ) async throws(VersionFault) -> Name<Snapshot> {
        let base = String(text.unicodeScalars.prefix(72).map(Character.init))
        for number in 1...50 {
            let text = number == 1 ? base : "\(base) (\(number))"
            guard let name = try? Name<Snapshot>(validating: text) else { break }
            let taken = try await VersionFault.stored { () throws(StoreError) in
                try await stores.snapshots.isTaken(name, in: application)
            }
            if !taken { return name }
        }
        throw .invalidFile("The snapshot needs another name.")
    }
}

extension Fleet {
    /// One automatic snapshot of a device at a time.
    /// - Returns: whether the caller is to make it; else whoever makes one now hears of it.
    func beginsCapture(_ id: Device.ID) -> Bool {
        guard capturing[id] == nil else {
            capturing[id] = true
            return false
        }
        capturing[id] = true
        return true
    }

    /// What was deployed so far will be in the snapshot that is taken now.
    func takesCapture(_ id: Device.ID) { capturing[id] = false }

    /// - Returns: `false` if something was deployed since the last one was taken.
    func endsCapture(_ id: Device.ID) -> Bool {
        guard capturing[id] != true else { return false }
        capturing[id] = nil
        return true
    }
}
