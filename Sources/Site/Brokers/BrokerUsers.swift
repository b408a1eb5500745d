import Basics
package import Domain
package import Store
import Synchronization

/// Keeps the broker's users as the registry has devices and clients.
package final class BrokerUsers: DeviceObserver, Sendable {
    private let stores: Stores
    private let access: BrokerAccess
    private let log = Log("broker")
    /// Devices that the registry did not tell of when it was asked.
    private let unread = Mutex<Set<Device.ID>>([])

    package init(stores: Stores, access: BrokerAccess) {
        self.stores = stores
        self.access = access
    }

    /// All of them; at start.
    package func load() async throws(StoreError) -> [BrokerUser] {
        let secrets = try await stores.deviceSecrets.all()
        var users: [BrokerUser] = []
        for device in try await stores.devices.all() where !stores.lockout.contains(device.id) {
            users += BrokerUser.users(of: device, secretDigest: secrets[device.id]?.brokerHash)
        }
        for (client, digest) in try await stores.brokerClients.all() {
            if let user = client.user(secretDigest: digest) { users.append(user) }
        }
        return users
    }

    package func admitted(_ devices: [Device.ID]) async { await refresh(devices) }

    /// Another application means other topics.
    package func desiredChanged(_ devices: [Device.ID]) async { await refresh(devices) }

    package func ended(_ devices: [Device]) async {
        await tell { () async throws(BrokerFault) in
            try await access.remove(devices.flatMap(BrokerUser.names))
        }
    }

    /// Tries again what could not be read or written before. To be called now and then.
    /// - Returns: why the broker may still let somebody in whom the registry does not; one sentence.
    func settle() async -> String? {
        let missed = unread.withLock { unread in
            defer { unread = [] }
            return unread
        }
        if !missed.isEmpty { await refresh(Array(missed)) }
        do throws(BrokerFault) { try await access.settle() } catch {
            return "The broker's users are not as they are to be, so that whoever was removed may "
                + "still come in: \(error)"
        }
        guard unread.withLock({ $0.isEmpty }) else {
            return "The broker's users could not be read from the registry."
        }
        return nil
    }

    /// A device that another kind of agent speaks for has other names; those of before go.
    private func refresh(_ ids: [Device.ID]) async {
        var users: [BrokerUser] = []
        var names: Set<String> = []
        do throws(StoreError) {
            for id in ids {
                do throws(StoreError) {
                    let device = try await stores.devices.get(id)
                    let secrets = try await stores.deviceSecrets.find(id)
                    if !stores.lockout.contains(id) {
                        users += BrokerUser.users(
                            of: device, secretDigest: secrets?.brokerHash)
                    }
                    names.formUnion(BrokerUser.names(of: device))
                } catch .notFound { continue }
            }
        } catch {
            unread.withLock { $0.formUnion(ids) }
            return log.error("users of the broker were not read: \(error)")
        }
        let all = users
        let gone = names.subtracting(all.map(\.name))
        await tell { () async throws(BrokerFault) in
            try await access.put(all, removing: Array(gone))
        }
    }

    package func put(_ client: BrokerClient, digest: [UInt8]) async {
        await tell { () async throws(BrokerFault) in
            if let user = client.user(secretDigest: digest) {
                try await access.put([user])
            } else {
                try await access.remove([client.name.text])
            }
        }
    }

    package func remove(_ client: BrokerClient) async {
        await tell { () async throws(BrokerFault) in try await access.remove([client.name.text]) }
    }

    private func tell(_ body: () async throws(BrokerFault) -> Void) async {
        do throws(BrokerFault) { try await body() } catch {
            log.error("the broker's users were not changed: \(error)")
        }
    }
}
