package import Domain
package import Store

/// Finds out by making it: what a snapshot needs is put together for each stack that the devices
/// ask for. Devices then find it ready. Of what stock agents install with npm, the site's registry
/// is asked.
package struct ManifestRolloutFitness: RolloutFitness {
    private let manifests: SnapshotManifests
    private let packages: PackageRegistry
    private let stores: Stores
    private let vault: Vault

    package init(
        stores: Stores, manifests: SnapshotManifests, packages: PackageRegistry, vault: Vault
    ) {
        self.stores = stores
        self.manifests = manifests
        self.packages = packages
        self.vault = vault
    }

    package func obstacles(
        to snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] {
        var obstacles: [String] = []
        var found: [Stack.ID?: AgentManifest?] = [:]
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
        guard devices.contains(where: { $0.agent == .stock }) else { return obstacles }
        do throws(DeviceContentFault) { try await requireServed(snapshot) } catch {
            obstacles.append("Devices with the FlowFuse agent: \(error)")
        }
        let compiled = await compiled(of: snapshot)
        for device in devices where device.agent == .stock && obstacles.count < Self.most {
            guard let machine = device.architecture,
                let misfit = compiled.first(where: { !$0.fits(machine) })
            else { continue }
            obstacles.append("“\(device.name)”: \(misfit.text), and the device is \(machine).")
        }
        return obstacles
    }

    /// What stock agents are built for is known only where one has said so: their protocol has no
    /// word for it.
    package func warnings(
        about snapshot: Snapshot, on devices: [DeploymentStore.Candidate]
    ) async -> [String] {
        let unknown = devices.filter { $0.agent == .stock && $0.architecture == nil }
        guard let first = unknown.first else { return [] }
        let compiled = await compiled(of: snapshot)
        guard !compiled.isEmpty else { return [] }
        let more = unknown.count > 1 ? " and \(unknown.count - 1) more" : ""
        let what = compiled.prefix(5).map(\.text).joined(separator: ", ")
        return [
            "The FlowFuse agent on “\(first.name)”\(more) does not say what machine it runs on, and "
                + "\(what): on another machine the installation fails or the flows do not start."
        ]
    }

    private func compiled(of snapshot: Snapshot) async -> [CompiledPackage] {
        guard let team = try? await stores.applications.get(snapshot.applicationID).teamID else {
            return []
        }
        return await packages.compiled(snapshot.modules, for: .teams([team]))
    }

    /// The agent stops Node-RED before it runs `npm install`: what is not there must be known first.
    private func requireServed(_ snapshot: Snapshot) async throws(DeviceContentFault) {
        let team = try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.applications.get(snapshot.applicationID).teamID
        }
        var wanted = snapshot.modules
        if !wanted.contains(where: { $0.name == "node-red" }) {
            guard let stack = try await SnapshotStacks(stores: stores).stack(for: snapshot) else {
                throw .noStack(snapshot.id)
            }
            wanted.append(NodeModule(name: "node-red", version: stack.nodeRED))
        }
        let missing = await packages.missing(wanted, for: .teams([team]))
        guard missing.isEmpty else { throw .modulesMissing(missing) }
    }

    /// More sentences than somebody reads help nobody.
    private static let most = 20
}
