import Basics
import Domain
import Glibc
import LinesideTesting
import Store
import Testing

@testable import Site

/// A random walk over one vault and its registry.
final class SweepWalk {
    private var random: SeededRandom
    private var disk = PowerCutDisk()
    private let clock = VaultKeeperTests.TestClock()
    private var stores: Stores
    private var vault: Vault
    private var instances: [Instance] = []
    private var contents: [[UInt8]] = []
    /// Stored, without a row yet.
    private var waiting: [(blob: StoredBlob, content: Int, sweeps: Int)] = []
    private var named: [(instance: Instance.ID, address: ContentAddress, content: Int)] = []
    private var trail: [String] = []

    init(seed: UInt64) async throws {
        random = SeededRandom(seed &+ 99)
        stores = try await Stores.inMemory()
        vault = Vault(disk: disk)
        try await restart()
        // Six that share their beginnings, their ends, or are chunks of each other.
        let parts = (0..<5).map { _ in random.bytes(90_000) }
        contents = [
            parts[0] + parts[1], parts[0] + parts[2], parts[3] + parts[1] + parts[2],
            parts[4], parts[4] + parts[4], Array((parts[0] + parts[1]).prefix(50_000)),
        ]
        vault = Vault(disk: disk)
        try await restart()
        if let list = try? VaultContent(
            try await vault.store(contents[0]).address, on: disk
        ).list, let chunk = list[0] {
            contents.append(Array(contents[0].prefix(chunk.length)))
        }
    }

    private func restart() async throws {
        let clock = clock
        vault = Vault(disk: disk, now: { clock.now })
        waiting = []
        try await vault.prepare()
    }

    private func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    func run(steps: Int) async throws {
        for _ in 0..<steps {
            let step = pick(100)
            switch step {
            case ..<30: try await store()
            case ..<55: try await name()
            case ..<65: try await forget()
            case ..<75: try await sweep(upTo: 256)
            case ..<85: try await sweep(upTo: pick(256))
            case ..<92: try await kill(powerGoes: false)
            default: try await kill(powerGoes: true)
            }
            trail.append("\(step)")
            try await check()
        }
        for _ in 0..<4 { try await sweep(upTo: 256) }
        try await check()
    }

    private func store() async throws {
        let content = pick(contents.count)
        waiting.append((try await vault.store(contents[content]), content, 0))
    }

    private func name() async throws {
        if !waiting.isEmpty { try await name(pick(waiting.count)) }
    }

    private func name(_ index: Int) async throws {
        let (blob, content, _) = waiting.remove(at: index)
        let instance: Instance
        if instances.count < 4 {
            instance = try await stores.newInstance(
                "I\(random.next() % 1_000_000_000)", credentialSecret: [1])
            instances.append(instance)
        } else {
            instance = instances[pick(instances.count)]
        }
        _ = try await stores.versions.append(
            VersionStore.Draft(
                instance: instance.id, spoolID: nil, at: Timestamp(milliseconds: 0), by: nil,
                source: .api, summary: "", flows: blob, credentials: nil, modules: [],
                stack: nil), by: .site)
        named.append((instance.id, blob.address, content))
    }

    private func forget() async throws {
        guard !instances.isEmpty else { return }
        let instance = instances.remove(at: pick(instances.count))
        try await stores.instances.delete(instance.id, by: .site)
        named.removeAll { $0.instance == instance.id }
    }

    /// Other steps happen between its parts. What has waited through two sweeps gets its row before
    /// the next one begins, as the vault asks for.
    private func sweep(upTo end: Int) async throws {
        clock.advance(by: .seconds(3601))
        while let index = waiting.firstIndex(where: { $0.sweeps > 1 }) { try await name(index) }
        for index in waiting.indices { waiting[index].sweeps += 1 }
        try await keeperForgets()
        try await vault.beginMarking()
        var last: ContentAddress?
        while true {
            let addresses = try await stores.blobs.list(after: last)
            guard let next = addresses.last else { break }
            try await vault.mark(addresses)
            last = next
        }
        for folder in 0..<end {
            if pick(40) == 0 { try await store() }
            if pick(40) == 0 { try await name() }
            _ = try await vault.sweep(folder: folder)
        }
        await vault.endSweep()
    }

    private func keeperForgets() async throws {
        for address in try await stores.blobs.unused() {
            _ = try await stores.blobs.forget(address)
        }
    }

    private func kill(powerGoes: Bool) async throws {
        disk.fail(atChange: 1 + pick(12), with: EIO)
        _ = try? await vault.store(contents[pick(contents.count)])
        disk.fail(atChange: nil)
        if powerGoes { disk = disk.afterPowerCut() }
        try await restart()
    }

    private func check() async throws {
        for (_, address, content) in named {
            let isSame = (try? await vault.read(address)) == contents[content]
            #expect(isSame, "\(address.hex.prefix(8)) after \(trail.joined(separator: " "))")
        }
        for (blob, content, _) in waiting {
            let isSame = (try? await vault.read(blob.address)) == contents[content]
            #expect(isSame, "waiting \(content) after \(trail.joined(separator: " "))")
        }
    }
}
