package import Domain
package import Store

/// Finds out by making it: what a snapshot needs is put together for each stack that the devices
/// ask for. Devices then find it ready.
package struct ManifestRolloutFitness: RolloutFitness {
    private let manifests: SnapshotManifests
    private let vault: Vault

    package init(manifests: SnapshotManifests, vault: Vault) {
        self.manifests = manifests
        self.vault = vault
    }

    package func obstacles(
        to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] {
        var obstacles: [String] = []
        var found: [Stack.ID?: AgentManifest?] = [:]
        // A stock agent brings Node-RED and packages from the registry of the site.
        for device in devices where device.agent != .stock {
            if found[device.stackID] == nil {
                do throws(DeviceContentFault) {
                    let address = try await manifests.manifest(
                        of: snapshot.id, stack: device.stackID)
                    // What cannot be read is found out by who fetches it.
                    let bytes = try? await vault.read(address)
                    found[device.stackID] = .some(bytes.flatMap { try? AgentManifest($0) })
                } catch {
                    found[device.stackID] = .some(nil)
                    let whose = device.stackID == nil ? "" : "“\(device.name)”: "
                    obstacles.append(whose + error.description)
                }
            }
            if let machine = device.architecture, let manifest = found[device.stackID] ?? nil,
                let misfit = manifest.misfit(on: machine), obstacles.count < Self.most
            {
                obstacles.append("“\(device.name)”: \(misfit), and the device is \(machine).")
            }
        }
        return obstacles
    }

    /// More sentences than somebody reads help nobody.
    private static let most = 20
}
