import Basics
package import Domain
package import Store

/// Who is there.
extension Fleet {
    func followPresence() async {
        for await event in parts.link.presence {
            if Task.isCancelled { return }
            await take(event)
        }
    }

    package func take(_ event: FleetPresence) async {
        let now = parts.clock.elapsed
        switch event {
        case .link(let isUp):
            isLinkUp = isUp
            judge.link(isUp: isUp, now)
            guard !isUp else { return }
            correlator.fail(nil, .broker("The broker is not there."))
            heard = [:]
            for id in book.disconnectAll(at: parts.now()) {
                judge.left(id, now)
                noteChange(id)
            }
        case .came(let name, let address):
            guard let id = Self.device(name) else { return }
            appeared(id, address)
            errands.put([.missed, .askAgain], for: id)
        case .left(let name):
            if let id = Self.device(name) { disappeared(id, now) }
        }
    }

    func disappeared(_ id: Device.ID, _ now: Duration) {
        let presence = DevicePresence(isConnected: false, since: parts.now())
        guard book.put(presence, of: id) else { return }
        judge.left(id, now)
        correlator.fail(id, .offline)
        noteChange(id)
    }

    /// Whoever says something is there, unless the broker has told of his going: his last words may
    /// be handled after it.
    func spoke(_ device: Device) {
        guard parts.link.isPresent(device.brokerName) != false else { return }
        appeared(device.id)
    }

    /// Somebody is there.
    func appeared(_ id: Device.ID, _ address: String? = nil) {
        isLinkUp = true
        if !parts.link.tellsPresence { heard[id] = parts.clock.elapsed }
        let presence = DevicePresence(
            isConnected: true, since: parts.now(), address: address ?? parts.address(id))
        if book.put(presence, of: id) { noteChange(id) }
        carryOut(judge.came(id))
    }

    /// `device:<team>:<device>`
    private static func device(_ name: String) -> Device.ID? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "device" else { return nil }
        return Device.ID(String(parts[2]))
    }

    func carryOut(_ verdicts: [OfflineJudge.Verdict]) {
        for verdict in verdicts {
            switch verdict {
            case .raise(let id):
                parts.alarms.raise(
                    .deviceOffline,
                    "It is not connected: check its power, its network and its agent.", on: id)
            case .clear(let id): parts.alarms.clear(.deviceOffline, on: id)
            case .raiseMany(let count):
                parts.alarms.raise(
                    .siteDevicesOffline,
                    "\(count) devices are not connected: check the network between them and this "
                        + "server.")
            case .clearMany: parts.alarms.clear(.siteDevicesOffline)
            }
        }
    }

    /// Alarms about what runs on a device.
    func judgeTrouble(_ report: DeviceReport, of device: Device) {
        var trouble: [AlarmKind: String] = [:]
        if report.state == .error || report.state == .crashed || report.step.phase == .inconsistent
        {
            trouble[.deviceError] =
                report.problem ?? report.step.reason
                ?? "Node-RED does not run on it: read its log, then start it or give it another "
                + "snapshot."
        }
        if trouble[.deviceError] == nil { trouble[.deviceError] = lastingObstacle(device.id) }
        if report.step.phase == .failed {
            trouble[.deviceRolledBack] =
                "It went back to its former snapshot"
                + (report.step.reason.map { ": \($0)" } ?? ".")
        }
        // While it works on something, nothing is over yet.
        let isAtRest = report.step.phase == .idle || report.step.phase == .failed
        for kind in [AlarmKind.deviceError, .deviceRolledBack] {
            if let text = trouble[kind] {
                troubled[device.id, default: []].insert(kind)
                parts.alarms.raise(kind, text, on: device.id)
            } else if troubled[device.id]?.contains(kind) == true,
                isAtRest && report.state != .unknown && report.state != .updating
            {
                troubled[device.id]?.remove(kind)
                parts.alarms.clear(kind, on: device.id)
            }
        }
    }
}

/// Where alarms of devices are raised. Returns at once.
package protocol DeviceAlarmBoard: SiteAlarmBoard {
    func raise(_ kind: AlarmKind, _ text: String, on id: Device.ID)
    func clear(_ kind: AlarmKind, on id: Device.ID)
    func openOfDevices() async throws(StoreError) -> [Device.ID: Set<AlarmKind>]
}
