import Basics
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
    let alarms = OpenAlarms()
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
        keeper = VaultKeeper(vault: vault, stores: stores, alarms: alarms)
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

    @Test("While nothing is removed an alarm says so, and it is over with the next sweep")
    func alarm() async throws {
        let blob = try await vault.store(random(300_000, seed: 1))
        _ = try await version(of: blob)
        let path = VaultFile.path(blob.address)
        let file = disk.files[path]
        disk.replace(path, with: [2, 0, 0])
        await keeper.round()
        #expect(alarms[.siteVaultGrows]?.contains("so it grows") == true)
        disk.replace(path, with: file)
        await keeper.round()
        #expect(alarms[.siteVaultGrows] == nil)
    }

    @Test(
        "Whatever is stored, named, forgotten, swept and killed in whatever order: what a row names is whole",
        arguments: 0..<(isLong ? 200 : 4))
    func property(seed: Int) async throws {
        try await SweepWalk(seed: UInt64(seed)).run(steps: isLong ? 300 : 60)
    }
}
