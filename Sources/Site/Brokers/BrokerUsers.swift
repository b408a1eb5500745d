import Basics
package import Domain
package import Store

/// Keeps the broker's users as the registry has devices and clients.
package struct BrokerUsers: DeviceObserver {
    private let stores: Stores
    private let access: BrokerAccess
    private let log = Log("broker")

    package init(stores: Stores, access: BrokerAccess) {
        self.stores = stores
        self.access = access
    }

    /// All of them; at start.
    package func load() async throws(StoreError) -> [BrokerUser] {
        let secrets = try await stores.deviceSecrets.all()
        var users: [BrokerUser] = []
        for device in try await stores.devices.all() {
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

    private func refresh(_ ids: [Device.ID]) async {
        var users: [BrokerUser] = []
        do throws(StoreError) {
            for id in ids {
                do throws(StoreError) {
                    let device = try await stores.devices.get(id)
                    let secrets = try await stores.deviceSecrets.find(id)
                    users += BrokerUser.users(of: device, secretDigest: secrets?.brokerHash)
                } catch .notFound { continue }
            }
        } catch { return log.error("users of the broker were not read: \(error)") }
        let all = users
        await tell { () async throws(BrokerFault) in try await access.put(all) }
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
