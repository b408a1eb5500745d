import Basics
import Processes
import Site
import Store

/// Everything that runs Node-RED and keeps what it is told: stacks, versions, supervisors.
struct Instances: Sendable {
    let stacks: StackRegistry
    let inbox: UploadInbox
    let intake: SnapshotIntake
    let vault: Vault
    let recorder: VersionRecorder
    let library: VersionLibrary
    let files: FilesKeeper
    let fileUsages: FileUsageBook
    let fileVersions: FileVersions
    let alarms: AlarmRaiser
    let registry: InstanceRegistry
    let tests: FlowTestRunner

    /// What was interrupted by a kill is ended or taken away before anything runs.
    static func raise(
        _ configuration: Configuration, _ paths: StatePaths, _ foundations: Foundations,
        bus: EventBus,
        witness: EditorWitness
    ) async throws(CommandFailure) -> Instances {
        do {
            let stores = foundations.stores
            let shelf = StackShelf(directory: paths.stacks)
            let stacks = StackRegistry(shelf: shelf, store: stores.stacks)
            try await stacks.prepare()
            let inbox = UploadInbox(
                directory: paths.uploads,
                limit: .mebibytes(configuration.limits.stackMB))
            try await inbox.prepare()
            let usages = FileUsageBook()
            let files = FilesKeeper(
                state: paths.root, stores: stores, book: usages, bus: bus)
            try await files.prepare()
            let vault = Vault(directory: paths.vault)
            try await vault.prepare()
            let fileVersions = FileVersions(state: paths.root, vault: vault, stores: stores)
            let recorder = VersionRecorder(
                vault: vault, stores: stores, bus: bus, witness: witness, files: fileVersions)
            let (alarms, registry) = try InstanceRegistry.assemble(
                InstanceParts(
                    stores: stores, sealer: foundations.sealer,
                    editorKey: foundations.editorKey, recorder: recorder, bus: bus,
                    state: paths.root, stackPath: { shelf.path(of: $0) },
                    allowsPractice: configuration.instances.practice,
                    stopsOnExit: configuration.instances.stopOnExit,
                    backend: try Self.backend(configuration)))
            let library = VersionLibrary(
                vault: vault, stores: stores, sealer: foundations.sealer)
            let tests = try FlowTestRunner.assemble(
                FlowTestParts(
                    stores: stores, sealer: foundations.sealer,
                    editorKey: foundations.editorKey, library: library, runtime: registry,
                    bus: bus, state: paths.root, stackPath: { shelf.path(of: $0) },
                    allowsPractice: configuration.instances.practice))
            return Instances(
                stacks: stacks, inbox: inbox,
                intake: SnapshotIntake(directory: paths.uploads), vault: vault, recorder: recorder,
                library: library, files: files, fileUsages: usages, fileVersions: fileVersions,
                alarms: alarms, registry: registry, tests: tests)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private static func backend(
        _ configuration: Configuration
    ) throws(CommandFailure) -> any InstanceBackend {
        switch configuration.instances.backend {
        case .direct: return DirectBackend(groups: .delegated())
        case .systemd:
            guard configuration.state == Configuration.unitState else {
                throw CommandFailure(
                    "with 'instances.backend' systemd, 'state' must be \(Configuration.unitState), "
                        + "which units of instances know; mount another disk there instead")
            }
            return SystemdBackend()
        }
    }
}
