import Basics
package import Domain
package import Store

/// What a `lineside agent` gets for a snapshot: one JSON text in the vault that names its flows, its
/// Node-RED and its node packages by their digests. Made when it is first asked for, and the same
/// every time after.
package struct SnapshotManifests: Sendable {
    package static let format = "lineside-device-snapshot/1"

    private let vault: Vault
    private let stores: Stores
    private let artifacts: ArtifactKeeper
    private let practice: Bool

    /// - Parameter practice: where the site has no stack, devices run the practice runtime.
    package init(
        vault: Vault, stores: Stores, artifacts: ArtifactKeeper, practice: Bool = false
    ) {
        self.vault = vault
        self.stores = stores
        self.artifacts = artifacts
        self.practice = practice
    }

    /// - Parameter stack: the device's own; `nil`: what suits the snapshot, and the same from then
    ///   on.
    /// - Returns: the digest of the manifest, which survives a power cut.
    package func manifest(
        of id: Snapshot.ID, stack: Stack.ID? = nil
    ) async throws(DeviceContentFault) -> ContentAddress {
        let snapshot = try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.snapshots.get(id)
        }
        let chosen = try await self.stack(for: snapshot, stack)
        let modules = snapshot.modules.filter { $0.name != "node-red" }
        let team = try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.applications.get(snapshot.applicationID).teamID
        }
        let wanted = modules.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
        let fingerprint =
            "\(chosen?.id.text ?? "practice") "
            + (modules.isEmpty ? "-" : ArtifactKeeper.name(of: wanted, in: team))
        let known = try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.artifacts.manifest(of: id, fingerprint: fingerprint)
        }
        if let known, await vault.renew(known) {
            if stack == nil { try await pin(chosen, for: id, known) }
            return known
        }
        var trees: [(String, Artifact)] = []
        if let chosen { trees.append(("stack", try await artifacts.tree(of: chosen.id))) }
        if !modules.isEmpty {
            trees.append(
                (
                    "modules",
                    try await artifacts.tree(
                        of: modules, from: snapshot.instanceID, in: team)
                ))
        }
        let flows = try await DeviceContentFault.vaulted { () throws(VaultFault) in
            try await vault.chunks(of: snapshot.flows)
        }
        let text = Self.text(
            snapshot, flows: flows.size, trees: trees, stack: chosen, modules: wanted)
        let blob = try await DeviceContentFault.vaulted { () throws(VaultFault) in
            try await vault.store(text)
        }
        try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.artifacts.putManifest(blob, of: id, fingerprint: fingerprint)
        }
        if stack == nil { try await pin(chosen, for: id, blob.address) }
        return blob.address
    }

    private func pin(
        _ stack: Stack?, for id: Snapshot.ID, _ manifest: ContentAddress
    ) async throws(DeviceContentFault) {
        guard let stack else { return }
        try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.artifacts.pin(stack.id, for: id, manifest: manifest)
        }
    }

    private func stack(
        for snapshot: Snapshot, _ wanted: Stack.ID?
    ) async throws(DeviceContentFault) -> Stack? {
        let choice = SnapshotStacks(stores: stores)
        if let wanted { return try await choice.stack(wanted) }
        let chosen = try await choice.stack(for: snapshot)
        guard chosen != nil || practice else { throw .noStack(snapshot.id) }
        return chosen
    }

    /// Nothing of it changes when somebody renames what it is about.
    private static func text(
        _ snapshot: Snapshot, flows: Int, trees: [(String, Artifact)], stack: Stack?,
        modules: [NodeModule]
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("format", format)
            json.object("snapshot") { json in
                json.field("id", snapshot.id)
                json.field("name", snapshot.name.text)
            }
            json.object("flows") { json in
                json.field("digest", snapshot.flows.hex)
                json.field("size", flows)
            }
            json.array("trees") { json in
                for (name, artifact) in trees {
                    json.object { json in
                        json.field("name", name)
                        json.field("digest", artifact.digest.hex)
                        json.field("size", artifact.size.bytes)
                        json.field("nodeRED", name == "stack" ? stack?.nodeRED : nil)
                        json.field("node", name == "stack" ? stack?.node : nil)
                        json.field("architecture", architecture(of: artifact, stack))
                    }
                }
            }
            json.array("modules") { json in
                for module in modules {
                    json.object { json in
                        json.field("name", module.name)
                        json.field("version", module.version)
                    }
                }
            }
        }
        return json.bytes
    }

    /// Of a stack the import has looked into it; it may name a machine beside compiled parts for
    /// others.
    private static func architecture(of artifact: Artifact, _ stack: Stack?) -> String {
        guard artifact.kind == .stack, let stack else { return artifact.architecture }
        return ArtifactKeeper.node(stack.architecture)
    }
}
