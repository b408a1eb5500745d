import Site
import Store

/// What brings Node-RED, node packages and flows to devices.
struct DeviceContentParts: Sendable {
    let packages: PackageRegistry
    let artifacts: ArtifactKeeper
    let manifests: SnapshotManifests
    let contents: DeviceContents
    let records: DeviceRecordKeeper

    init(
        _ instances: Instances, stores: Stores, state: String, bus: EventBus, practice: Bool
    ) {
        packages = PackageRegistry(stacks: instances.stacks, stores: stores, state: state)
        artifacts = ArtifactKeeper(
            vault: instances.vault, stores: stores, stacks: instances.stacks, state: state)
        manifests = SnapshotManifests(
            vault: instances.vault, stores: stores, artifacts: artifacts,
            practice: practice)
        contents = DeviceContents(vault: instances.vault, artifacts: stores.artifacts)
        records = DeviceRecordKeeper(
            logs: stores.logs, resources: stores.resources, bus: bus)
    }
}
