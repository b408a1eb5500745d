import Basics
package import Domain
import Glibc
import Processes

/// Why a snapshot could not be made ready to run.
package enum AgentStageFault: Error, Sendable, Equatable {
    /// Something in the vault is not what it should be; it was removed.
    case damaged(String)
    case impossible(String)
    /// The disk takes nothing now; it may later.
    case waits(String)

    init(_ error: SystemError) {
        self =
            error.isPassing
            ? .waits(error.diskSentence)
            : .impossible("The snapshot could not be unpacked: \(error).")
    }

    init(_ fault: TreeUnpackFault) {
        switch fault {
        case .full: self = .waits(SystemError.full.diskSentence)
        case .system(let error) where error.isPassing: self = .waits(error.diskSentence)
        default: self = .impossible("\(fault)")
        }
    }
}

/// Makes a slot ready to run: the flows in its user directory, Node-RED and modules unpacked. May
/// be done again at any time while nothing runs in that slot. Blocks: an actor of its own.
package actor AgentStage {
    private let executor = BlockingExecutor(label: "stage")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let paths: AgentPaths
    private let vault: Vault
    private let disk: AgentDisk

    package init(_ paths: AgentPaths, vault: Vault, disk: AgentDisk) {
        self.paths = paths
        self.vault = vault
        self.disk = disk
    }

    package func stage(
        _ load: AgentRuntime.Load
    ) async throws(AgentStageFault) {
        guard let content = load.document.snapshot else { return }
        if let misfit = load.manifest.misfit(on: ArtifactKeeper.host) {
            throw .impossible("\(misfit), and this device is \(ArtifactKeeper.host).")
        }
        if let refusal = disk.refusal(of: needed(load.manifest)) { throw .waits(refusal) }
        if let stack = load.manifest.stack {
            try await unpack(stack.digest, into: paths.tree(stack.digest))
        }
        let layout = layout(load.slot, load.document.device.id)
        let flows: [UInt8]
        do throws(VaultFault) { flows = try await vault.read(load.manifest.flows) } catch {
            throw await fault(error, load.manifest.flows)
        }
        do throws(SystemError) {
            try Files.removeTree(layout.root)
            try linkFiles(layout)
            try InstanceFiles(layout).install(
                flows: flows,
                credentials: content.credentials.map { credentials in
                    var json = JSONWriter()
                    json.value(credentials)
                    return json.bytes
                })
        } catch { throw AgentStageFault(error) }
        if let modules = load.manifest.modules {
            try await unpackModules(modules.digest, layout)
            do throws(SystemError) {
                try HostileDirectory(layout.user)
                    .replace("package.json", with: Self.package(load.manifest.packages))
            } catch { throw AgentStageFault(error) }
        }
    }

    /// A tree that is there is only compared.
    private func needed(_ manifest: AgentManifest) -> Int64 {
        var bytes = manifest.modules?.size ?? 0
        if let stack = manifest.stack, !Files.exists(paths.tree(stack.digest)) {
            bytes += stack.size
        }
        return bytes
    }

    /// What flows write belongs to them and not to a snapshot: one files area for both slots.
    private func linkFiles(_ layout: InstanceLayout) throws(SystemError) {
        try Files.makeDirectory(paths.files)
        try Files.makeDirectory(layout.user)
        guard symlink("../../../../../files", layout.files) == 0 || errno == EEXIST else {
            throw SystemError("link \(layout.files)")
        }
    }

    private func layout(_ slot: DeviceSlot, _ device: Device.ID) -> InstanceLayout {
        InstanceLayout(state: paths.slot(slot), AgentCatalog.instance(device))
    }

    private func unpackModules(
        _ digest: ContentAddress, _ layout: InstanceLayout
    ) async throws(AgentStageFault) {
        let side = "\(layout.root)/modules"
        try await unpack(digest, into: side)
        do throws(SystemError) {
            for name in try Files.list(side) {
                let place = "\(layout.user)/\(name)"
                if Files.exists(place) { try Files.removeTree(place) }
                guard rename("\(side)/\(name)", place) == 0 else {
                    throw SystemError("rename \(side)/\(name)")
                }
            }
            try Files.removeTree(side)
            try Files.syncDirectory(layout.user)
        } catch { throw AgentStageFault(error) }
    }

    /// By which Node-RED and npm know what was installed on purpose.
    private static func package(_ modules: [NodeModule]) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("name", "instance")
            json.field("version", "0.0.1")
            json.field("private", true)
            json.object("dependencies") { json in
                for module in modules { json.field(module.name, module.version) }
            }
        }
        return json.bytes
    }

    /// A tree that is there from before is only compared.
    private func unpack(
        _ digest: ContentAddress, into directory: String
    ) async throws(AgentStageFault) {
        var unpacker: TreeUnpacker
        do throws(TreeUnpackFault) { unpacker = try TreeUnpacker(into: directory) } catch {
            throw AgentStageFault(error)
        }
        let reader: VaultReader
        do throws(VaultFault) { reader = try await vault.open(digest) } catch {
            throw await fault(error, digest)
        }
        while true {
            let piece: [UInt8]?
            do throws(VaultFault) { piece = try await reader.next() } catch {
                throw await fault(error, digest)
            }
            guard let piece else { break }
            do throws(TreeUnpackFault) { try unpacker.append(piece) } catch {
                throw AgentStageFault(error)
            }
        }
        do throws(TreeUnpackFault) { try unpacker.finish() } catch {
            throw AgentStageFault(error)
        }
    }

    private func fault(
        _ fault: VaultFault, _ content: ContentAddress
    ) async -> AgentStageFault {
        switch fault {
        case .missing, .damaged:
            await vault.discard(fault.file ?? content)
            return .damaged("\(fault)")
        case .full: return .waits(SystemError.full.diskSentence)
        case .system(let error) where error.isPassing: return .waits(error.diskSentence)
        case .tooLarge, .system: return .impossible("\(fault)")
        }
    }

    // MARK: From one slot to the other

    /// Persistent context is copied, so that the former snapshot finds its own as it left it. Both
    /// Node-REDs must be stopped. May be done again.
    package func carryOver(
        from: DeviceSlot, to: DeviceSlot, _ device: Device.ID
    ) throws(AgentStageFault) {
        let (old, new) = (layout(from, device).user, layout(to, device).user)
        do throws(SystemError) {
            guard Files.isDirectory(old) else { return }
            try Files.makeDirectory(new)
            if let bytes = try? HostileDirectory(old).read(".config.json", limit: .mebibytes(4)) {
                try HostileDirectory(new).replace(".config.json", with: bytes)
            }
        } catch { throw AgentStageFault(error) }
        for name in ["context", "lib"] where Files.isDirectory("\(old)/\(name)") {
            do throws(TreeUnpackFault) {
                var unpacker = try TreeUnpacker(into: "\(new)/\(name)")
                // Piece by piece: it may be larger than the device's memory.
                var packer: TreePacker
                do throws(SystemError) { packer = try TreePacker("\(old)/\(name)") } catch {
                    throw TreeUnpackFault(error)
                }
                while let piece = try Self.next(&packer) { try unpacker.append(piece) }
                try unpacker.finish()
            } catch { throw .impossible("What the flows keep could not be copied: \(error)") }
        }
    }

    private static func next(
        _ packer: inout TreePacker
    ) throws(TreeUnpackFault) -> [UInt8]? {
        do throws(SystemError) { return try packer.next() } catch { throw TreeUnpackFault(error) }
    }

    /// Removes slots and trees that are not needed any more.
    package func clean(keeping slot: DeviceSlot?, trees: Set<ContentAddress>) {
        for name in (try? Files.list(paths.trees)) ?? [] {
            if let address = ContentAddress(hex: name), trees.contains(address) { continue }
            try? Files.removeTree("\(paths.trees)/\(name)")
        }
        for other in DeviceSlot.allCases where other != slot {
            if Files.exists(paths.slot(other)) { try? Files.removeTree(paths.slot(other)) }
        }
    }
}
