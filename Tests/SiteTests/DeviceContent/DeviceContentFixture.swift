import Basics
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

/// A site with a little stack, an instance with packages of its own, and a device.
struct DeviceContentFixture {
    let directory: TemporaryDirectory
    let stores: Stores
    let vault: Vault
    let stacks: StackRegistry
    let artifacts: ArtifactKeeper
    let manifests: SnapshotManifests
    let contents: DeviceContents
    let stack: Stack
    let instance: Instance
    let device: Device

    init() async throws {
        directory = try TemporaryDirectory()
        stores = try await Stores.inMemory()
        vault = Vault(directory: "\(directory.path)/vault")
        try await vault.prepare()
        stacks = StackRegistry(
            shelf: StackShelf(
                directory: "\(directory.path)/stacks",
                unpacker: UnpackProcess(executable: BuiltLineside.executable)),
            store: stores.stacks)
        try await stacks.prepare()
        artifacts = ArtifactKeeper(
            vault: vault, stores: stores, stacks: stacks, state: directory.path)
        manifests = SnapshotManifests(vault: vault, stores: stores, artifacts: artifacts)
        contents = DeviceContents(vault: vault, artifacts: stores.artifacts)
        stack = try await stacks.add(
            archive(TarBuilder.nodeRED().finished, in: directory, gzip: true), name: nil,
            by: .site)
        instance = try await stores.newInstance("Press", stack: stack.id)
        device = try await stores.devices.insert(
            DeviceStore.Draft(
                team: instance.teamID, application: instance.applicationID,
                name: Name(stored: "Box 1"), agent: .lineside,
                secrets: DeviceSecrets(credentialSecret: [1], pageSecret: [2])),
            by: .site)
    }

    var user: String { InstanceLayout(state: directory.path, instance.id).user }

    func put(_ path: String, _ text: String) throws {
        try Files.makeDirectory(Files.parent(of: "\(user)/\(path)"))
        try Files.replace("\(user)/\(path)", with: Array(text.utf8))
    }

    /// As npm would have left it.
    func install(_ modules: [NodeModule], needing others: [String] = []) throws {
        var wanted = JSONObject()
        for module in modules {
            wanted[module.name] = .string("^\(module.version)")
            let needs = others.map { "\"\($0)\":\"*\"" }.joined(separator: ",")
            try put(
                "node_modules/\(module.name)/package.json",
                """
                {"name":"\(module.name)","version":"\(module.version)","dependencies":{\(needs)}}
                """)
            try put("node_modules/\(module.name)/index.js", "// \(module.name)\n")
        }
        let object = JSONObject([("name", .string("user")), ("dependencies", .object(wanted))])
        try put("package.json", String(decoding: object.json, as: UTF8.self))
    }

    func snapshot(
        _ name: String = "Good", flows: [UInt8] = Array("[]".utf8), modules: [NodeModule] = []
    ) async throws -> Snapshot {
        let blob = try await vault.store(flows)
        return try await stores.snapshots.insert(
            Snapshot(
                id: .random(), applicationID: instance.applicationID, instanceID: instance.id,
                versionID: nil, name: Name(stored: name), note: .empty, author: "ada",
                createdAt: .now(), size: blob.size, flows: blob.address, credentials: nil,
                sealedCredentialSecret: nil, modules: modules),
            blobs: [blob], by: .site)
    }

    func aim(at snapshot: Snapshot?) async throws {
        _ = try await stores.devices.update(device.id, by: .site) {
            $0.targetSnapshotID = snapshot?.id
        }
    }

    /// Fetches as a device does: lists, then the chunks that `held` lacks.
    /// - Returns: bytes that came.
    func fetch(
        _ manifest: ContentAddress, held: inout Set<ContentAddress>
    ) async throws -> Int {
        var bytes = 0
        let text = try await vault.read(manifest)
        let object = try #require(try JSONReader.read(text).object)
        var wanted = [manifest]
        wanted += [object["flows"]?["digest"]?.string].compactMap { $0 }
            .compactMap(ContentAddress.init(hex:))
        wanted += (object["trees"]?.array ?? []).compactMap {
            $0["digest"]?.string.flatMap(ContentAddress.init(hex:))
        }
        for content in wanted where !held.contains(content) {
            let list = try await contents.chunks(of: content, for: device.id)
            bytes += list.json.count
            for chunk in list.chunks where held.insert(chunk.digest).inserted {
                try await contents.require([chunk.digest], for: device.id)
                bytes += try await contents.frame(of: chunk.digest).count
            }
            held.insert(content)
        }
        return bytes
    }
}
