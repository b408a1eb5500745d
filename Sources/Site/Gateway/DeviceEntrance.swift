import Basics
package import Crypto
package import Domain
package import Store
import Synchronization

/// What the gateways must know of a device to let somebody in and to pass a request on.
package struct DeviceEntrance: Sendable, Equatable {
    package let id: Device.ID
    package let name: String
    package let path: ScopePath
    /// `nil` before the first has enrolled.
    package let agent: Device.Agent?
    /// The page side of its Node-RED takes only requests that carry it.
    package let pageSecret: String

    package init(
        id: Device.ID, name: String, path: ScopePath, agent: Device.Agent?, pageSecret: String
    ) {
        self.id = id
        self.name = name
        self.path = path
        self.agent = agent
        self.pageSecret = pageSecret
    }

    /// Where it lies on the editors' and the pages' origin: `d/<device>`.
    package static func slug(_ id: Device.ID) -> String { "d/\(id)" }

    /// What stands in a ticket for it. Ids are random: none is an instance's too.
    package static func ticketID(_ id: Device.ID) -> Instance.ID? { Instance.ID(id.text) }
}

package protocol DeviceEntrances: Sendable {
    /// `nil` where there is no such device.
    func entrance(of id: Device.ID) async -> DeviceEntrance?
}

/// Devices as the registry has them, remembered until something of the site is changed.
package final class StoredDeviceEntrances: DeviceEntrances {
    private struct Known {
        let entrance: DeviceEntrance
        let epoch: UInt64
        let until: ContinuousClock.Instant
    }

    /// Every change of the site raises the epoch; this is for what might change without one.
    private static let memory = Duration.seconds(10)
    private static let capacity = 4_096

    private let devices: DeviceStore
    private let sealer: Sealer
    private let signal: SecuritySignal
    private let known = Mutex<[Device.ID: Known]>([:])
    private let log = Log("gateway")

    package init(devices: DeviceStore, sealer: Sealer, signal: SecuritySignal) {
        self.devices = devices
        self.sealer = sealer
        self.signal = signal
    }

    package func entrance(of id: Device.ID) async -> DeviceEntrance? {
        let epoch = signal.epoch
        let now = ContinuousClock.now
        let remembered = known.withLock { $0[id] }
        if let remembered, remembered.epoch == epoch, remembered.until > now {
            return remembered.entrance
        }
        do {
            let device = try await devices.get(id)
            let sealed = try await devices.secrets(of: id).pageSecret
            let entrance = DeviceEntrance(
                id: id, name: device.name.text, path: device.path, agent: device.agent,
                pageSecret: try sealer.openText(
                    sealed, context: SecretContext.devicePageSecret(id)))
            known.withLock { known in
                if known.count >= Self.capacity { known.removeAll() }
                known[id] = Known(entrance: entrance, epoch: epoch, until: now + Self.memory)
            }
            return entrance
        } catch StoreError.notFound { return nil } catch {
            log.error("the device \(id) cannot be read: \(error)")
            return nil
        }
    }
}
