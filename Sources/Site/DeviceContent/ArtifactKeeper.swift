package import Basics
import Crypto
package import Domain
import Glibc
package import Store

/// Makes of stacks, and of what instances have installed, streams in the vault that devices get in
/// chunks. A stack's is made in the background as soon as the stack is there, on a site that has
/// devices of ours, else when the first of them asks; it goes with the stack.
package actor ArtifactKeeper: Service {
    private let vault: Vault
    private let stores: Stores
    private let stacks: StackRegistry
    private let state: String
    private let clock: @Sendable () -> Timestamp
    private let log = Log("device-content")
    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    /// What is being made, so that it is made once.
    private var making: [String: Task<Result<Artifact, DeviceContentFault>, Never>] = [:]
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// - Parameter state: the state directory.
    package init(
        vault: Vault, stores: Stores, stacks: StackRegistry, state: String,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.vault = vault
        self.stores = stores
        self.stacks = stacks
        self.state = state
        self.clock = clock
        executor = BlockingExecutor(label: "device-content")
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        stacks.observe { [wake] in wake.yield() }
    }

    package func run() async throws {
        await renew()
        for await _ in wakes { await renew() }
    }

    /// Makes what is missing of the stacks, and forgets what was made of stacks that are gone.
    package func renew() async {
        do throws(DeviceContentFault) {
            let present = try await everyStack()
            let made = try await DeviceContentFault.stored { () throws(StoreError) in
                try await stores.artifacts.list(.stack)
            }
            for artifact in made where !present.contains(where: { $0.id.text == artifact.name }) {
                try await DeviceContentFault.stored { () throws(StoreError) in
                    try await stores.artifacts.delete(.stack, artifact.name)
                }
            }
            let hasDevices = try await DeviceContentFault.stored { () throws(StoreError) in
                try await stores.devices.hasAny(of: .lineside)
            }
            guard hasDevices else { return }
            for stack in present where !Task.isCancelled {
                do throws(DeviceContentFault) { _ = try await tree(of: stack.id) } catch {
                    log.warning("the stack \(stack.name) is not ready for devices: \(error)")
                }
            }
        } catch { log.warning("the stacks are not ready for devices: \(error)") }
    }

    private func everyStack() async throws(DeviceContentFault) -> [Stack] {
        do throws(StackFault) { return try await stacks.everything() } catch {
            throw .system("\(error)")
        }
    }

    /// - Throws: `.stackMissing`, `.tooLarge`.
    package func tree(of stack: Stack.ID) async throws(DeviceContentFault) -> Artifact {
        let path = stacks.path(of: stack)
        return try await artifact(.stack, stack.text) { () throws(SystemError) in
            // When and by whom it was added is of no use on a device.
            try TreePacker(path, without: [StackManifest.fileName])
        } missing: {
            Files.isDirectory(path) ? nil : .stackMissing(stack)
        }
    }

    /// `node_modules` and package.json with exactly these packages.
    /// - Parameter instance: is asked first.
    /// - Throws: `.modulesMissing` where no instance has them all.
    package func tree(
        of modules: [NodeModule], from instance: Instance.ID?, in team: Team.ID
    ) async throws(DeviceContentFault) -> Artifact {
        let wanted = modules.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
        let name = Self.name(of: wanted, in: team)
        if let known = try await find(.modules, name) { return known }
        let source = try await source(of: wanted, from: instance, in: team)
        return try await artifact(.modules, name) { () throws(SystemError) in
            try TreePacker(
                source.user, only: source.only, adding: [Self.packageFile(of: wanted)])
        } missing: {
            nil
        }
    }

    /// What a device finds as package.json: the packages that people chose, with their versions.
    private static func packageFile(
        of modules: [NodeModule]
    ) -> (path: String, bytes: [UInt8]) {
        var json = JSONWriter()
        json.object { json in
            json.field("name", "node-red-device")
            json.field("private", true)
            json.field("version", "0.0.1")
            json.object("dependencies") { json in
                for module in modules { json.field(module.name, module.version) }
            }
        }
        return ("package.json", json.bytes)
    }

    /// Teams do not share: what an instance has installed is its team's business.
    static func name(of modules: [NodeModule], in team: Team.ID) -> String {
        let lines = modules.map { "\($0.name)@\($0.version)\n" }.joined()
        return Hex.encode(Digest.sha256(Array("\(team)\n\(lines)".utf8)))
    }

    /// Of all that snapshots may ask for.
    static func names(of sets: [(team: Team.ID, modules: [NodeModule])]) -> Set<String> {
        Set(
            sets.map { set in
                name(
                    of: set.modules.filter { $0.name != "node-red" }
                        .sorted { ($0.name, $0.version) < ($1.name, $1.version) },
                    in: set.team)
            })
    }

    // MARK: Sources

    private struct Source: Sendable {
        let user: String
        /// Paths that belong into the tree; `nil`: the whole of `node_modules`.
        let only: [String]
    }

    /// The instance that the snapshot is of, else one of the team that has exactly these packages,
    /// else one that has them and others.
    private func source(
        of wanted: [NodeModule], from first: Instance.ID?, in team: Team.ID
    ) async throws(DeviceContentFault) -> Source {
        let instances = try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.instances.all()
        }
        let ordered = instances.filter { $0.teamID == team }.sorted {
            ($0.id == first ? 0 : 1, $0.id.text) < ($1.id == first ? 0 : 1, $1.id.text)
        }
        var missing = wanted
        var wider: Source?
        for instance in ordered {
            let layout = InstanceLayout(state: state, instance.id)
            let present = Set(InstanceFiles(layout).modules().filter { $0.name != "node-red" })
            let lacking = wanted.filter { !present.contains($0) }
            if lacking.count < missing.count { missing = lacking }
            guard lacking.isEmpty else { continue }
            if present.count == wanted.count {
                return Source(user: layout.user, only: ["node_modules"])
            }
            if wider == nil {
                let only = ModuleClosure.paths(of: wanted, in: layout.user)
                wider = Source(user: layout.user, only: only)
            }
        }
        guard let wider else { throw .modulesMissing(missing) }
        return wider
    }

    // MARK: Making

    private func find(
        _ kind: Artifact.Kind, _ name: String
    ) async throws(DeviceContentFault) -> Artifact? {
        let known = try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.artifacts.find(kind, name)
        }
        guard let known, await vault.renew(known.digest) else { return nil }
        try await DeviceContentFault.stored { () throws(StoreError) in
            try await stores.artifacts.touch(known.id)
        }
        return known
    }

    private func artifact(
        _ kind: Artifact.Kind, _ name: String,
        _ packer: @escaping @Sendable () throws(SystemError) -> TreePacker,
        missing: @escaping @Sendable () -> DeviceContentFault?
    ) async throws(DeviceContentFault) -> Artifact {
        if let known = try await find(kind, name) { return known }
        if let fault = missing() { throw fault }
        let key = "\(kind.rawValue) \(name)"
        let task =
            making[key]
            ?? Task {
                do throws(DeviceContentFault) {
                    return .success(try await make(kind, name, packer))
                } catch { return .failure(error) }
            }
        making[key] = task
        let result = await task.value
        making[key] = nil
        return try result.get()
    }

    private func make(
        _ kind: Artifact.Kind, _ name: String,
        _ packer: @Sendable () throws(SystemError) -> TreePacker
    ) async throws(DeviceContentFault) -> Artifact {
        let what = kind == .stack ? "The stack" : "What is installed in the instance"
        let writer = await vault.writer(limit: ByteCount(Vault.largestStream))
        do {
            var packer = try packer()
            while let piece = try packer.next() { try await writer.append(piece) }
            let blob = try await writer.finish()
            let machines = packer.architectures
            let artifact = Artifact(
                id: .random(), kind: kind, name: name, digest: blob.address, size: blob.size,
                architecture: machines.isEmpty
                    ? "any" : machines.map(Self.node).sorted().joined(separator: ","),
                files: packer.files, madeAt: clock())
            try await stores.artifacts.put(artifact, blob)
            return artifact
        } catch let error as SystemError {
            switch error.code {
            case EFBIG: throw .tooLarge(what)
            case ESTALE: throw .unsteady(what)
            default: throw .system("\(what) cannot be read: \(error).")
            }
        } catch let error as VaultFault {
            if case .tooLarge = error { throw .tooLarge(what) }
            throw .vault(error)
        } catch let error as StoreError {
            throw .store(error)
        } catch { throw .system("\(error)") }
    }

    /// As Node.js calls it.
    static let host = node(ELFHeader.host)

    /// - Parameter machine: as `uname -m` says it.
    static func node(_ machine: String) -> String {
        switch machine {
        case "x86_64": "x64"
        case "aarch64": "arm64"
        case "machine 40": "arm"
        default: machine
        }
    }
}
