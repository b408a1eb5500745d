package import Domain
package import Store

/// What the registry of devices asks of the fleet, and tells it.
extension Fleet: DeviceReports {
    package nonisolated func facts(
        of devices: [Device.ID]
    ) async throws(StoreError) -> [Device.ID: DeviceFacts] {
        book.entries(of: devices).mapValues(DeviceFacts.init)
    }
}

extension Fleet: DeviceObserver {
    package func admitted(_ devices: [Device.ID]) async {
        for id in devices {
            if let device = try? await parts.stores.devices.get(id) { book.place(device) }
            noteChange(id)
        }
    }

    package func ended(_ devices: [Device]) async {
        for device in devices {
            // Deleted, or only to come back with another key.
            if await isKnown(device.id) {
                correlator.fail(device.id, .offline)
                editorTokens[device.id] = nil
                noteChange(device.id)
            } else {
                forget(device.id)
            }
        }
    }

    private func isKnown(_ id: Device.ID) async -> Bool {
        do throws(StoreError) {
            _ = try await parts.stores.devices.get(id)
            return true
        } catch .notFound { return false } catch { return true }
    }
}

extension DeviceFacts {
    init(_ entry: DeviceBook.Entry) {
        self.init()
        isConnected = entry.isConnected
        address = entry.presence?.address ?? entry.report?.address
        lastSeenAt = entry.report?.seenAt
        problem = entry.obstacle
        guard let report = entry.report else { return }
        state = report.state.rawValue
        snapshotID = report.snapshotID
        revision = report.revision
        phase = report.step.phase.rawValue
        if let done = report.step.done, let of = report.step.of, of > 0 {
            progress = Progress(done: done, of: of)
        }
        phaseUntil = report.step.until
        problem = entry.obstacle ?? report.problem ?? report.step.reason
        agentVersion = report.agentVersion
        nodeVersion = report.nodeVersion
        nodeREDVersion = report.nodeREDVersion
        architecture = report.architecture
    }
}

extension DeviceEnvironment: DeviceVariables {}
