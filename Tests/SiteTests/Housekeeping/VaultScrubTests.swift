import Basics
import Crypto
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Vault scrub") struct VaultScrubTests {
    let disk = PowerCutDisk()
    let stores: Stores
    let vault: Vault
    let alarms = OpenAlarms()
    let version: Version
    let bytes = VaultChunkTests.random(600_000, seed: 5)

    init() async throws {
        stores = try await Stores.inMemory()
        vault = Vault(disk: disk)
        try await vault.prepare()
        let press = try await stores.newInstance("Press", credentialSecret: [1])
        let blob = try await vault.store(bytes)
        version = try await stores.versions.append(
            VersionStore.Draft(
                instance: press.id, spoolID: nil, at: Timestamp(milliseconds: 0), by: nil,
                source: .api, summary: "", flows: blob, credentials: nil, modules: [],
                stack: nil), by: .site)
        _ = try await stores.snapshots.insert(
            Name(validating: "Before audit"), note: .empty, of: version.id, in: press.id, by: .site)
    }

    func scrub(_ vault: Vault? = nil) -> VaultScrub {
        VaultScrub(vault: vault ?? self.vault, stores: stores, alarms: alarms)
    }

    func chunks() throws -> [ContentAddress] {
        try Array(#require(try VaultContent(version.flows, on: disk).list).addresses)
    }

    @Test("A sound vault raises nothing, and the time of the round is kept")
    func sound() async throws {
        #expect(try await scrub().finishRound().isEmpty)
        #expect(alarms[.siteVault] == nil)
        #expect(try await VaultReport(reading: stores).lastScrub != nil)
    }

    @Test("A damaged or missing file is named with what it affects, until it is healed")
    func damage() async throws {
        let chunk = try chunks()[3]
        for file in [chunk, version.flows] {
            for bad in [nil, [9, 9, 9]] as [[UInt8]?] {
                disk.replace(VaultFile.path(file), with: bad)
                let scrub = scrub()
                #expect(try await scrub.finishRound() == [file])
                let text = try #require(alarms[.siteVault])
                #expect(
                    text.contains("snapshot “Before audit”, version 1 of instance “Press”"))
                // A restart forgets nothing.
                let next = self.scrub()
                try await next.resume()
                let report = try await VaultReport(reading: stores)
                #expect(report.damaged.map(\.digest) == [file])
                #expect(
                    report.damaged.first?.affects == [
                        "snapshot “Before audit”", "version 1 of instance “Press”",
                    ])
                _ = try await vault.store(bytes)
                try await next.recheck()
                #expect(alarms[.siteVault] == nil)
                #expect(try await VaultReport(reading: stores).damaged.isEmpty)
            }
        }
    }

    @Test("What a read found damaged is told without waiting for the round")
    func suspects() async throws {
        let chunk = try chunks()[0]
        disk.replace(VaultFile.path(chunk), with: [])
        await #expect(throws: VaultFault.self) { try await vault.read(version.flows) }
        try await scrub().recheck()
        #expect(alarms[.siteVault]?.contains("version 1 of instance “Press”") == true)
    }

    @Test("The round goes on where the last run stood, and no faster than it may")
    func place() async throws {
        var rested = 0
        var rounds = 0
        repeat {
            let scrub = scrub()
            try await scrub.resume()
            var read = 0
            try await scrub.advance(by: .kibibytes(64)) { size in read += size.bytes }
            // The last file may pass the budget.
            #expect(read <= (64 << 10) + (64 << 10))
            rested += read
            rounds += 1
        } while try await VaultReport(reading: stores).lastScrub == nil && rounds < 100
        #expect(rounds > 5)
        #expect(rested == disk.files.values.reduce(0) { $0 + $1.count })
        // The next round is not due yet.
        let scrub = scrub()
        try await scrub.resume()
        var read = 0
        try await scrub.advance(by: .kibibytes(64)) { size in read += size.bytes }
        #expect(read == 0)
    }

    @Test("Damage to what nothing names is no alarm")
    func garbage() async throws {
        let blob = try await vault.store([1, 2, 3])
        disk.replace(VaultFile.path(blob.address), with: [])
        #expect(try await scrub().finishRound().isEmpty)
        #expect(alarms[.siteVault] == nil)
    }

    @Test("A version that cannot be read says which one it is, and who else is hit")
    func names() async throws {
        disk.replace(VaultFile.path(try chunks()[1]), with: nil)
        let library = VersionLibrary(
            vault: vault, stores: stores,
            sealer: Sealer(key: [UInt8](repeating: 9, count: 32)))
        do {
            _ = try await library.flows(of: version)
            Issue.record("read")
        } catch {
            #expect(error.description.contains("is missing"))
            #expect(error.description.contains("version 1 of instance “Press”"))
        }
    }
}
