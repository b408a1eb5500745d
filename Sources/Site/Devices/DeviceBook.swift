import Basics
package import Domain
import Synchronization

/// What is known of each device at this moment, in memory: asked by lists of hundreds and by the
/// live socket for each change.
package final class DeviceBook: Sendable {
    package struct Entry: Sendable, Equatable {
        package var report: DeviceReport?
        package var presence: DevicePresence?
        /// Why it cannot be told what it shall be. One sentence.
        package var obstacle: String?
        /// Where it hangs: who may hear of it.
        package var path: ScopePath
        package var isConnected: Bool { presence?.isConnected ?? false }
    }

    private let entries = Mutex<[Device.ID: Entry]>([:])

    package init() {}

    package subscript(id: Device.ID) -> Entry? { entries.withLock { $0[id] } }

    package func entries(of ids: [Device.ID]) -> [Device.ID: Entry] {
        entries.withLock { all in
            var found: [Device.ID: Entry] = [:]
            for id in ids { found[id] = all[id] }
            return found
        }
    }

    package var connected: Int { entries.withLock { $0.values.count(where: \.isConnected) } }

    func load(_ devices: [Device], _ reports: [Device.ID: DeviceReport]) {
        entries.withLock { entries in
            for device in devices {
                entries[device.id] = Entry(
                    report: reports[device.id], presence: entries[device.id]?.presence,
                    path: device.path)
            }
        }
    }

    func place(_ device: Device) {
        entries.withLock { entries in
            entries[device.id, default: Entry(path: device.path)].path = device.path
        }
    }

    /// - Returns: the report that it had before.
    func put(_ report: DeviceReport, of device: Device) -> DeviceReport? {
        entries.withLock { entries in
            let old = entries[device.id]?.report
            entries[device.id, default: Entry(path: device.path)].report = report
            return old
        }
    }

    func put(obstacle: String?, of id: Device.ID) {
        entries.withLock { entries in
            guard var entry = entries[id] else { return }
            entry.obstacle = obstacle
            entries[id] = entry
        }
    }

    /// - Returns: whether that is news.
    func put(_ presence: DevicePresence, of id: Device.ID) -> Bool {
        entries.withLock { entries in
            guard let old = entries[id] else { return false }
            entries[id]?.presence =
                old.isConnected == presence.isConnected
                ? DevicePresence(
                    isConnected: presence.isConnected,
                    since: old.presence?.since ?? presence.since,
                    address: presence.address ?? old.presence?.address,
                    isPolled: presence.isPolled) : presence
            return old.presence == nil || old.isConnected != presence.isConnected
        }
    }

    /// Nobody is known to be there any more.
    /// - Returns: who was.
    func disconnectAll(at now: Timestamp) -> [Device.ID] {
        entries.withLock { entries in
            let connected = entries.filter {
                $0.value.isConnected && $0.value.presence?.isPolled != true
            }.map(\.key)
            for id in connected {
                let address = entries[id]?.presence?.address
                entries[id]?.presence = DevicePresence(
                    isConnected: false, since: now, address: address)
            }
            return connected
        }
    }

    func remove(_ id: Device.ID) { entries.withLock { $0[id] = nil } }
}
