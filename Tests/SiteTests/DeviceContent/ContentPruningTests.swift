import Basics
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("What was made for devices and none needs", .timeLimit(.minutes(10)))
struct ContentPruningTests {
    let site: DeviceContentFixture
    let modules = [NodeModule(name: "node-red-contrib-s7", version: "3.1.0")]

    init() async throws {
        site = try await DeviceContentFixture()
        try site.install(modules)
    }

    /// A month later.
    func prune() async throws {
        let sets = try await site.stores.snapshots.moduleSets()
        try await site.stores.artifacts.prune(
            unusedSince: .now() + .seconds(30 * 86_400), keeping: ArtifactKeeper.names(of: sets))
    }

    @Test("The manifest of a snapshot that no device needs goes, and is made again the same")
    func manifest() async throws {
        let snapshot = try await site.snapshot(modules: modules)
        let manifest = try await site.manifests.manifest(of: snapshot.id)
        try await site.aim(at: snapshot)
        try await prune()
        #expect(try await site.stores.artifacts.manifests(of: site.device.id) == [manifest])
        try await site.aim(at: nil)
        try await prune()
        try await site.aim(at: snapshot)
        #expect(try await site.stores.artifacts.manifests(of: site.device.id).isEmpty)
        #expect(try await site.manifests.manifest(of: snapshot.id) == manifest)
        #expect(try await site.stores.artifacts.manifests(of: site.device.id) == [manifest])
    }

    @Test(
        "Packages stay as long as a snapshot has them, wherever else they are gone, and go with it")
    func packages() async throws {
        let snapshot = try await site.snapshot(modules: modules)
        let manifest = try await site.manifests.manifest(of: snapshot.id)
        try Files.removeTree("\(site.user)/node_modules")
        try await prune()
        #expect(try await site.stores.artifacts.list(.modules).count == 1)
        #expect(try await site.manifests.manifest(of: snapshot.id) == manifest)
        try await site.stores.snapshots.delete(snapshot.id, by: .site)
        try await prune()
        #expect(try await site.stores.artifacts.list(.modules).isEmpty)
        #expect(try await site.stores.artifacts.list(.stack).count == 1)
    }

    @Test("What was made or taken a moment ago stays without anything that names it")
    func fresh() async throws {
        _ = try await site.artifacts.tree(
            of: modules, from: site.instance.id, in: site.instance.teamID)
        try await site.stores.artifacts.prune(
            unusedSince: .now() - .seconds(86_400), keeping: [])
        #expect(try await site.stores.artifacts.list(.modules).count == 1)
        try await site.stores.artifacts.prune(
            unusedSince: .now() + .seconds(86_400), keeping: [])
        #expect(try await site.stores.artifacts.list(.modules).isEmpty)
    }

    @Test("What a deployment brings, what devices say they run and what they ran before stays")
    func needed() async throws {
        let former = try await site.snapshot("Former")
        let next = try await site.snapshot("Next", flows: Array(#"[{"id":"x"}]"#.utf8))
        for snapshot in [former, next] {
            _ = try await site.manifests.manifest(of: snapshot.id)
        }
        var deployment = Deployment(
            id: .random(), organizationID: site.device.organizationID, teamID: site.device.teamID,
            applicationID: site.instance.applicationID, snapshotID: next.id, windowID: nil,
            name: Name(stored: "Next"), plan: RolloutPlan(), state: .running, createdAt: .now(),
            createdBy: "anna")
        try await site.aim(at: former)
        let machine = DeploymentMachine(deployment, members: [site.device.id], now: .now())
        try await site.stores.deployments.insert(machine, by: .site)
        _ = try await site.stores.deployments.keep(
            .init(deployment: deployment, send: [site.device.id]))
        try await prune()
        #expect(try await count(former) == 1)
        #expect(try await count(next) == 1)
        deployment.state = .cancelled
        deployment.finishedAt = .now()
        _ = try await site.stores.deployments.keep(.init(deployment: deployment))
        try await site.aim(at: nil)
        try await prune()
        #expect(try await count(former) == 1)
        #expect(try await count(next) == 0)
    }

    func count(_ snapshot: Snapshot) async throws -> Int {
        try await site.stores.artifacts.manifest(
            of: snapshot.id, fingerprint: "\(site.stack.id) -") == nil ? 0 : 1
    }

    @Test("A tree that was packed otherwise takes the manifests that name the old one with it")
    func repacked() async throws {
        let snapshot = try await site.snapshot(modules: modules)
        _ = try await site.manifests.manifest(of: snapshot.id)
        try await site.aim(at: snapshot)
        let known = try #require(try await site.stores.artifacts.list(.modules).first)
        let blob = try await site.vault.store([1, 2, 3])
        try await site.stores.artifacts.put(
            Artifact(
                id: .random(), kind: .modules, name: known.name, digest: blob.address,
                size: blob.size, architecture: "any", files: 1, madeAt: .now()), blob)
        #expect(try await site.stores.artifacts.manifests(of: site.device.id).isEmpty)
    }
}
