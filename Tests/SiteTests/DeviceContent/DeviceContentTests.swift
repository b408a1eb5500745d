import Basics
import Domain
import Glibc
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("What devices get", .timeLimit(.minutes(10))) struct DeviceContentTests {
    let site: DeviceContentFixture

    init() async throws { site = try await DeviceContentFixture() }

    func unpacked(_ digest: ContentAddress) async throws -> String {
        let target = "\(site.directory.path)/unpacked-\(digest.hex.prefix(8))"
        var unpacker = try TreeUnpacker(into: target)
        let reader = try await site.vault.open(digest)
        while let piece = try await reader.next() { try unpacker.append(piece) }
        try unpacker.finish()
        return target
    }

    func trees(_ manifest: ContentAddress) async throws -> [String: ContentAddress] {
        let object = try JSONReader.read(try await site.vault.read(manifest))
        var found: [String: ContentAddress] = [:]
        for tree in object["trees"]?.array ?? [] {
            found[try #require(tree["name"]?.string)] = try #require(
                tree["digest"]?.string.flatMap(ContentAddress.init(hex:)))
        }
        return found
    }

    @Test("A stack comes out of the vault as it lies on the shelf")
    func stackTree() async throws {
        let artifact = try await site.artifacts.tree(of: site.stack.id)
        let again = try await site.artifacts.tree(of: site.stack.id)
        #expect(artifact == again)
        let target = try await unpacked(artifact.digest)
        #expect(Files.exists("\(target)/node_modules/node-red/red.js"))
        #expect(!Files.exists("\(target)/stack.json"))
    }

    @Test("A site without devices of ours packs no stack; with one it is packed before it asks")
    func onlyForDevices() async throws {
        _ = try await site.stores.devices.delete(site.device.id, by: .site)
        await site.artifacts.renew()
        #expect(try await site.stores.artifacts.list(.stack).isEmpty)
        _ = try await site.stores.devices.insert(
            DeviceStore.Draft(
                team: site.instance.teamID, name: Name(stored: "Box 2"), agent: .lineside,
                secrets: DeviceSecrets(credentialSecret: [1], pageSecret: [2])), by: .site)
        await site.artifacts.renew()
        #expect(try await site.stores.artifacts.list(.stack).count == 1)
    }

    @Test("What was made of a stack goes with it, and the manifests that name it")
    func stackRemoved() async throws {
        let snapshot = try await site.snapshot()
        _ = try await site.manifests.manifest(of: snapshot.id)
        try await site.aim(at: snapshot)
        #expect(try await site.stores.artifacts.manifests(of: site.device.id).count == 1)
        _ = try await site.stores.instances.update(
            site.instance.id, InstanceStore.Change(stack: .some(nil)), by: .site)
        try await site.aim(at: nil)
        try await site.stacks.remove(site.stack.id, by: .site)
        await site.artifacts.renew()
        #expect(try await site.stores.artifacts.list(.stack).isEmpty)
        try await site.aim(at: snapshot)
        #expect(try await site.stores.artifacts.manifests(of: site.device.id).isEmpty)
        await #expect(throws: DeviceContentFault.stackMissing(site.stack.id)) {
            _ = try await site.manifests.manifest(of: snapshot.id)
        }
        _ = try await site.stacks.add(
            archive(TarBuilder.nodeRED(version: "5.0.0").finished, in: site.directory), name: nil,
            by: .site)
        await #expect(throws: DeviceContentFault.stackMissing(site.stack.id)) {
            _ = try await site.manifests.manifest(of: snapshot.id)
        }
    }

    @Test("A stack that is added later, even to its instance, is not that of a snapshot")
    func pinned() async throws {
        let snapshot = try await site.snapshot()
        let unseen = try await site.snapshot("Not yet on any device")
        let first = try await site.manifests.manifest(of: snapshot.id)
        let newer = try await site.stacks.add(
            archive(TarBuilder.nodeRED(version: "5.0.0").finished, in: site.directory), name: nil,
            by: .site)
        #expect(try await site.manifests.manifest(of: snapshot.id) == first)
        _ = try await site.stores.instances.update(
            site.instance.id, InstanceStore.Change(stack: newer.id), by: .site)
        #expect(try await site.manifests.manifest(of: snapshot.id) == first)
        let own = try await site.manifests.manifest(of: snapshot.id, stack: newer.id)
        #expect(own != first, "a device may have a stack of its own")
        #expect(try await site.manifests.manifest(of: snapshot.id) == first)
        try await site.aim(at: snapshot)
        #expect(try await site.stores.stacks.uses(of: site.stack.id) == ["device “Box 1”"])
        let stacks = SnapshotStacks(stores: site.stores)
        #expect(try await stacks.stack(for: unseen)?.id == newer.id, "that of its instance")
        var captured = unseen
        captured.id = .random()
        captured.instanceID = nil
        captured.createdAt = newer.addedAt - .milliseconds(1)
        #expect(try await stacks.stack(for: captured)?.id == site.stack.id)
        captured.modules = [NodeModule(name: "node-red", version: "5.0.0")]
        #expect(try await stacks.stack(for: captured)?.id == newer.id)
    }

    @Test("The packages of a snapshot come from the instance that has exactly these")
    func modules() async throws {
        let modules = [NodeModule(name: "node-red-contrib-s7", version: "3.1.0")]
        try site.install(modules)
        try site.put("node_modules/.bin/x", "x")
        let snapshot = try await site.snapshot(modules: modules)
        let manifest = try await site.manifests.manifest(of: snapshot.id)
        #expect(try await site.manifests.manifest(of: snapshot.id) == manifest)
        let tree = try #require(try await trees(manifest)["modules"])
        let target = try await unpacked(tree)
        #expect(Files.exists("\(target)/node_modules/node-red-contrib-s7/index.js"))
        #expect(Files.exists("\(target)/node_modules/.bin/x"))
        let package = try JSONReader.read(try Files.read("\(target)/package.json"))
        #expect(package["dependencies"]?["node-red-contrib-s7"]?.string == "3.1.0")
    }

    @Test("An instance that has more gives what is wanted, with what that needs")
    func closure() async throws {
        let wanted = NodeModule(name: "wanted", version: "1.0.0")
        try site.install(
            [wanted, NodeModule(name: "@scope/other", version: "2.0.0")], needing: ["shared"])
        try site.put("node_modules/shared/package.json", #"{"name":"shared","version":"1.0.0"}"#)
        try site.put("node_modules/unused/package.json", #"{"name":"unused","version":"1.0.0"}"#)
        let snapshot = try await site.snapshot(modules: [wanted])
        let manifest = try await site.manifests.manifest(of: snapshot.id)
        let target = try await unpacked(try #require(try await trees(manifest)["modules"]))
        let names = try Files.list("\(target)/node_modules")
        #expect(names == ["shared", "wanted"])
    }

    @Test("A package that nothing here has is named in a sentence")
    func missing() async throws {
        try site.install([NodeModule(name: "here", version: "1.0.0")])
        let gone = NodeModule(name: "gone", version: "4.5.6")
        let snapshot = try await site.snapshot(
            modules: [NodeModule(name: "here", version: "1.0.0"), gone])
        let fault = await #expect(throws: DeviceContentFault.self) {
            _ = try await site.manifests.manifest(of: snapshot.id)
        }
        #expect(fault == .modulesMissing([gone]))
        #expect("\(try #require(fault))".contains("gone@4.5.6"))
    }

    @Test("A hostile instance's packages lead nowhere")
    func hostile() async throws {
        let modules = [NodeModule(name: "bad", version: "1.0.0")]
        try site.install(modules)
        let secret = "\(site.directory.path)/secret"
        try Files.replace(secret, with: Array("the key".utf8))
        symlink(secret, "\(site.user)/node_modules/bad/leak")
        link(secret, "\(site.user)/node_modules/bad/second")
        mkfifo("\(site.user)/node_modules/bad/pipe", 0o600)
        symlink(site.directory.path, "\(site.user)/node_modules/up")
        let artifact = try await site.artifacts.tree(
            of: modules, from: site.instance.id, in: site.instance.teamID)
        let target = try await unpacked(artifact.digest)
        #expect(try Files.list("\(target)/node_modules/bad") == ["index.js", "package.json"])
        #expect(try Files.list("\(target)/node_modules") == ["bad"])
    }

    @Test("A device gets what its own manifests reach, and nothing else")
    func reach() async throws {
        let mine = try await site.snapshot("Mine")
        let other = try await site.snapshot("Other", flows: Array(#"[{"id":"x"}]"#.utf8))
        let manifest = try await site.manifests.manifest(of: mine.id)
        let foreign = try await site.manifests.manifest(of: other.id)
        await #expect(throws: DeviceContentFault.notReachable) {
            _ = try await site.contents.chunks(of: manifest, for: site.device.id)
        }
        try await site.aim(at: mine)
        var held: Set<ContentAddress> = []
        #expect(try await site.fetch(manifest, held: &held) > 0)
        for content in [foreign, other.flows] {
            await #expect(throws: DeviceContentFault.notReachable) {
                _ = try await site.contents.chunks(of: content, for: site.device.id)
            }
            await #expect(throws: DeviceContentFault.notReachable) {
                try await site.contents.require([content], for: site.device.id)
            }
        }
        // Only flows and manifests that are small come along.
        #expect(Set(try await site.contents.inline(manifest).keys) == [manifest, mine.flows])
        #expect(try await site.contents.inline(manifest, limit: 10).isEmpty)
    }

    @Test("A small change of large flows is a small fetch")
    func delta() async throws {
        var nodes: [String] = []
        for index in 0..<4_000 {
            nodes.append(
                """
                {"id":"\(index)","type":"function","z":"t\(index % 40)","name":"n \(index * 7919)",\
                "func":"return {payload: \(index * 104_729 % 65_521)};","wires":[["\(index + 1)"]]}
                """)
        }
        func text() -> [UInt8] { Array("[\(nodes.joined(separator: ",\n"))]".utf8) }
        let first = try await site.snapshot("First", flows: text())
        nodes[2_000] = nodes[2_000].replacing("payload", with: "topic")
        let second = try await site.snapshot("Second", flows: text())
        var held: Set<ContentAddress> = []
        try await site.aim(at: first)
        let whole = try await site.fetch(
            try await site.manifests.manifest(of: first.id), held: &held)
        try await site.aim(at: second)
        let change = try await site.fetch(
            try await site.manifests.manifest(of: second.id), held: &held)
        print("flows of \(text().count) bytes: \(whole) bytes whole, \(change) for one node")
        #expect(change < 16_384)
        #expect(change * 4 < whole)
    }

    @Test("The whole of a real Node-RED becomes a stream and comes back")
    func realNodeRED() async throws {
        guard let file = getenv("LINESIDE_TEST_STACK").map({ String(cString: $0) }),
            file.hasSuffix(".tgz")
        else { return print("skipped: LINESIDE_TEST_STACK names no archive of Node-RED") }
        let stack = try await site.stacks.add(file, name: Name(stored: "Real"), by: .site)
        let start = ContinuousClock.now
        let artifact = try await site.artifacts.tree(of: stack.id)
        print("a tree of \(artifact.size.bytes) bytes in \(ContinuousClock.now - start)")
        let target = try await unpacked(artifact.digest)
        var packer = try TreePacker(target)
        #expect(packer.files == artifact.files)
        var total = 0
        while let piece = try packer.next() { total += piece.count }
        #expect(total == artifact.size.bytes)
    }
}
