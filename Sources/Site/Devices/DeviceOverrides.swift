package import Basics
package import Domain
import Synchronization

/// What was asked for and not allowed yet. In memory: after a restart somebody asks again.
package final class DeviceOverrides: Sendable {
    private let open = Mutex<[Device.ID: DeviceOverride]>([:])
    private let clock: @Sendable () -> Timestamp

    package init(clock: @escaping @Sendable () -> Timestamp = Timestamp.now) {
        self.clock = clock
    }

    package subscript(id: Device.ID) -> DeviceOverride? {
        let now = clock()
        return open.withLock { open in
            if let found = open[id], found.until <= now { open[id] = nil }
            return open[id]
        }
    }

    /// Replaces what was asked for before.
    package func ask(_ id: Device.ID, _ reason: String, by actor: Actor) -> DeviceOverride {
        let made = DeviceOverride(device: id, reason: reason, askedBy: actor, askedAt: clock())
        return open.withLock { open in
            open = open.filter { $0.value.until > made.askedAt }
            open[id] = made
            return made
        }
    }

    /// - Returns: what is taken away, unless it is another one by now.
    package func take(_ wanted: DeviceOverride) -> Bool {
        open.withLock { open in
            guard open[wanted.device] == wanted else { return false }
            open[wanted.device] = nil
            return true
        }
    }
}
