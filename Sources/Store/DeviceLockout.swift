package import Domain
import Synchronization

/// Devices that are revoked, of which the registry does not say so yet because it could not be
/// written. Whatever the stores tell of a device they tell as if it did. Any thread.
package final class DeviceLockout: Sendable {
    private let ids = Mutex<Set<Device.ID>>([])

    package init() {}

    package func contains(_ id: Device.ID) -> Bool { ids.withLock { $0.contains(id) } }
    package func insert(_ id: Device.ID) { ids.withLock { _ = $0.insert(id) } }
    /// Once the registry says it.
    package func remove(_ id: Device.ID) { ids.withLock { _ = $0.remove(id) } }
}
