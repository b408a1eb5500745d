package import Basics
package import Domain
package import Store
import Synchronization

/// What a stock agent and its Node-RED tell of what happened: deeds become audit events, the rest
/// lines of the device's log.
package struct StockJournal: Sendable {
    /// Deeds of somebody in the device's own editor, and ends of Node-RED.
    private static let deeds: Set<String> = [
        "flows.set", "nodes.install", "nodes.remove", "nodes.enable", "nodes.disable",
        "library.set", "crashed", "stopped", "started", "safe-mode",
    ]
    private static let deployTypes: Set<String> = ["full", "flows", "nodes"]

    private final class Allowances: Sendable {
        let all = Mutex<[Device.ID: MessageAllowance]>([:])
    }

    private let stores: Stores
    private let fleet: Fleet
    private let snapshots: DeviceSnapshots
    private let allowances = Allowances()
    private let clock = MonotonicClock()
    private let log = Log("fleet")

    package init(stores: Stores, fleet: Fleet, snapshots: DeviceSnapshots) {
        self.stores = stores
        self.fleet = fleet
        self.snapshots = snapshots
    }

    /// - Parameter address: where the device is.
    package func note(_ object: JSONObject, of device: Device, from address: String) async {
        guard let event = Self.word(object["event"]?.string) else { return }
        let now = clock.elapsed
        // 20 at once, then one in five seconds: nobody deploys faster for long.
        let admitted = allowances.all.withLock { all in
            all[device.id, default: MessageAllowance(burst: 20, perSecond: 0.2, now: now)]
                .take(now)
        }
        guard admitted else { return }
        await fleet.keep([Self.line(event, object)], of: device.id)
        guard Self.deeds.contains(event) else { return }
        var changes = AuditChanges()
        for name in ["type", "module", "version", "path", "error"] {
            changes.compare(name, nil, object[name]?.string.map { String($0.prefix(200)) })
        }
        changes.compare("code", nil, object["info"]?["code"]?.string.map { String($0.prefix(64)) })
        let record = AuditEvent(
            kind: "device.\(event)", object: device.reference, teamID: device.teamID,
            after: changes.after, text: "On device “\(device.name)”: \(event)")
        do throws(StoreError) {
            try await stores.audit.record(record, by: .device(device, address: address))
        } catch { log.error("\(device.id): \(event) was not recorded: \(error)") }
        if event == "flows.set", Self.deployTypes.contains(object["type"]?.string ?? "") {
            // Asks the device for its flows, which may take half a minute.
            Task { await snapshots.deployed(on: device) }
        }
    }

    private static func word(_ text: String?) -> String? {
        guard let text, (1...40).contains(text.utf8.count),
            text.utf8.allSatisfy({ $0.isASCIILetterOrDigit || $0 == 0x2E || $0 == 0x2D })
        else { return nil }
        return text
    }

    private static func line(_ event: String, _ object: JSONObject) -> LogRecord {
        var parts = [event]
        for name in ["type", "module", "version", "path"] {
            if let text = object[name]?.string { parts.append(String(text.prefix(200))) }
        }
        if let info = object["info"]?["info"]?.string { parts.append(String(info.prefix(500))) }
        let isBad = event == "crashed" || event.hasSuffix(".error") || object["error"] != nil
        return LogRecord(
            at: .now(), level: isBad ? .error : .info,
            source: LogRecord.Source(type: "audit", id: "", name: ""),
            text: parts.joined(separator: " "))
    }
}

extension UInt8 {
    fileprivate var isASCIILetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
