import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Store
import Synchronization
import Testing

@testable import Site

private let isLong = getenv("LINESIDE_LONG") != nil

@Suite("Vault keeper") struct VaultKeeperTests {
    let disk = PowerCutDisk()
    let clock = TestClock()
    let stores: Stores
    let vault: Vault
    let keeper: VaultKeeper
    let instance: Instance

    /// That does not run by itself.
    final class TestClock: Sendable {
        private let offset = Mutex(Duration.zero)
        private let start = SuspendingClock.now
        var now: SuspendingClock.Instant { start + offset.withLock { $0 } }
        func advance(by duration: Duration) { offset.withLock { $0 += duration } }
    }

    init() async throws {
        stores = try await Stores.inMemory()
        let clock = clock
        vault = Vault(disk: disk, now: { clock.now })
        try await vault.prepare()
        keeper = VaultKeeper(vault: vault, stores: stores)
        instance = try await stores.newInstance("Press", credentialSecret: [1])
    }

    func random(_ count: Int, seed: UInt64) -> [UInt8] { VaultChunkTests.random(count, seed: seed) }

    func version(of blob: StoredBlob, in instance: Instance? = nil) async throws -> Version {
        try await stores.versions.append(
            VersionStore.Draft(
                instance: (instance ?? self.instance).id, spoolID: nil,
                at: Timestamp(milliseconds: 0), by: nil, source: .api, summary: "", flows: blob,
                credentials: nil, modules: [], stack: nil), by: .site)
    }

    /// As often as it takes for what was stored a while ago to be due.
    func sweep() async throws -> Int {
        var removed = 0
        for _ in 0..<3 {
            clock.advance(by: .seconds(86_400))
            removed += try await keeper.sweep()
        }
        return removed
    }

    @Test("What no version names is removed, with its chunks and no others")
    func sweeps() async throws {
        let start = random(300_000, seed: 1)
        let kept = try await vault.store(start + random(100_000, seed: 2))
        let gone = try await vault.store(start + random(100_000, seed: 3))
        let saw = try await stores.newInstance("Saw", credentialSecret: [1])
        _ = try await version(of: kept)
        _ = try await version(of: gone, in: saw)
        let all = disk.files.count
        #expect(try await sweep() == 0)
        try await stores.instances.delete(saw.id, by: .site)
        let removed = try await sweep()
        #expect(removed > 1)
        #expect(disk.files.count == all - removed)
        _ = try await vault.read(kept.address)
        await #expect(throws: VaultFault.missing(gone.address)) {
            try await vault.read(gone.address)
        }
        #expect(try await stores.blobs.find(gone.address) == nil)
        #expect(try await sweep() == 0)
        let report = try await VaultReport(reading: stores)
        #expect(report.figures.files == disk.files.count)
        #expect(report.contents == 1)
    }

    @Test("What has no row yet stays through two sweeps and for an hour")
    func fresh() async throws {
        let blob = try await vault.store(random(200_000, seed: 1))
        for _ in 0..<3 { #expect(try await keeper.sweep() == 0) }
        clock.advance(by: .seconds(3601))
        let other = try await vault.store(random(200_000, seed: 2))
        #expect(try await keeper.sweep() > 1)
        await #expect(throws: VaultFault.missing(blob.address)) {
            try await vault.read(blob.address)
        }
        // The machine was halted for a year between store and row.
        clock.advance(by: .seconds(365 * 86_400))
        #expect(try await keeper.sweep() == 0)
        _ = try await version(of: other)
        #expect(try await sweep() == 0)
        _ = try await vault.read(other.address)
        #expect(await vault.fresh.isEmpty)
    }

    @Test("What is stored between mark and sweep is kept, though all its chunks were garbage")
    func between() async throws {
        let bytes = random(400_000, seed: 1)
        let garbage = try await vault.store(bytes)
        for _ in 0..<2 {
            clock.advance(by: .seconds(86_400))
            try await vault.beginMarking()
            await vault.endSweep()
        }
        clock.advance(by: .seconds(86_400))
        try await vault.beginMarking()
        let writer = await vault.writer()
        try await writer.append(bytes)
        var removed = 0
        for folder in 0..<128 { removed += try await vault.sweep(folder: folder).removed }
        try await writer.append([1, 2, 3])
        let blob = try await writer.finish()
        for folder in 128..<256 { removed += try await vault.sweep(folder: folder).removed }
        await vault.endSweep()
        let isSame = try await vault.read(blob.address) == bytes + [1, 2, 3]
        #expect(isSame)
        // The old list and the chunks of its last 64 KB, at most.
        #expect(removed <= 6)
        #expect(garbage.address != blob.address)
    }

    @Test("What is named once more without being stored again stays, if it is whole")
    func renews() async throws {
        let bytes = random(300_000, seed: 1)
        let address = try await vault.store(bytes).address
        for _ in 0..<4 {
            #expect(await vault.renew(address))
            clock.advance(by: .seconds(86_400))
            #expect(try await keeper.sweep() == 0)
        }
        // Between mark and sweep, too.
        let other = try await vault.store(random(300_000, seed: 2)).address
        for _ in 0..<2 {
            clock.advance(by: .seconds(86_400))
            try await vault.beginMarking()
            await vault.endSweep()
        }
        clock.advance(by: .seconds(86_400))
        try await vault.beginMarking()
        #expect(await vault.renew(other))
        for folder in 0..<256 { _ = try await vault.sweep(folder: folder) }
        await vault.endSweep()
        _ = try await vault.read(other)
        let chunk = try #require(try VaultContent(other, on: disk).list?[1]).address
        disk.replace(VaultFile.path(chunk), with: nil)
        #expect(await !vault.renew(other))
        #expect(await !vault.renew(address))
    }

    @Test("A content that is a chunk of another stays for the other")
    func shared() async throws {
        let bytes = random(300_000, seed: 1)
        let whole = try await vault.store(bytes)
        let chunk = try #require(try VaultContent(whole.address, on: disk).list?[0])
        let part = try await vault.store(Array(bytes.prefix(chunk.length)))
        #expect(part.address == chunk.address)
        let saw = try await stores.newInstance("Saw", credentialSecret: [1])
        _ = try await version(of: whole)
        _ = try await version(of: part, in: saw)
        try await stores.instances.delete(saw.id, by: .site)
        #expect(try await sweep() == 0)
        let isSame = try await vault.read(whole.address) == bytes
        #expect(isSame)
    }

    @Test("While a list cannot be read nothing is removed: its chunks are needed once it is back")
    func damagedList() async throws {
        let blob = try await vault.store(random(300_000, seed: 1))
        _ = try await version(of: blob)
        _ = try await vault.store(random(300_000, seed: 2))
        let path = VaultFile.path(blob.address)
        let file = disk.files[path]
        let count = disk.files.count
        for bad in [nil, [], [2, 0, 0]] as [[UInt8]?] {
            disk.replace(path, with: bad)
            await #expect(throws: VersionFault.self) { try await sweep() }
            disk.replace(path, with: file)
            #expect(disk.files.count == count)
        }
        #expect(try await sweep() > 0)
        _ = try await vault.read(blob.address)
    }

    @Test(
        "Whatever is stored, named, forgotten, swept and killed in whatever order: what a row names is whole",
        arguments: 0..<(isLong ? 200 : 4))
    func property(seed: Int) async throws {
        try await SweepWalk(seed: UInt64(seed)).run(steps: isLong ? 300 : 60)
    }
}

/// A random walk over one vault and its registry.
private final class SweepWalk {
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
