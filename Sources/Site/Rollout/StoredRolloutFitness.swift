package import Domain
package import Store

/// What the registry knows of snapshots, stacks and devices.
package struct StoredRolloutFitness: RolloutFitness {
    private let stores: Stores
    package init(stores: Stores) { self.stores = stores }

    package func obstacles(
        to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] {
        var obstacles: [String] = []
        var own: Stack.ID?
        if let instance = snapshot.instanceID {
            own = try? await stores.instances.get(instance).stackID
        }
        var known: [Stack.ID: Stack] = [:]
        for device in devices {
            guard device.agent == .lineside else { continue }
            guard let id = device.stackID ?? own else {
                obstacles.append(
                    "“\(device.name)” has no stack to run the snapshot on: give it one, or take a "
                        + "snapshot of an instance that has one.")
                continue
            }
            if known[id] == nil { known[id] = try? await stores.stacks.get(id) }
            if known[id] == nil {
                obstacles.append("The stack of “\(device.name)” is not installed any more.")
            }
        }
        return obstacles
    }
}
