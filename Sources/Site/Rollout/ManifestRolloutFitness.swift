package import Domain
package import Store

/// Finds out by making it: what a snapshot needs is put together for each stack that the devices
/// ask for. Devices then find it ready.
package struct ManifestRolloutFitness: RolloutFitness {
    private let stores: Stores
    private let manifests: SnapshotManifests

    package init(stores: Stores, manifests: SnapshotManifests) {
        self.stores = stores
        self.manifests = manifests
    }

    package func obstacles(
        to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] {
        var obstacles: [String] = []
        var tried: Set<Stack.ID?> = []
        // A stock agent brings Node-RED and packages from the registry of the site.
        for device in devices where device.agent != .stock {
            guard tried.insert(device.stackID).inserted else { continue }
            do throws(DeviceContentFault) {
                _ = try await manifests.manifest(of: snapshot.id, stack: device.stackID)
            } catch {
                let whose = device.stackID == nil ? "" : "“\(device.name)”: "
                obstacles.append(whose + error.description)
            }
        }
        return obstacles
    }
}

/// Where nothing is known of what devices need.
package struct NoRolloutFitness: RolloutFitness {
    package init() {}
    package func obstacles(
        to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] { [] }
}
