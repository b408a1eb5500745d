import Basics
import Domain
import Glibc
import Testing

@testable import Site

@Suite("Vault, when the power goes") struct VaultCrashTests {
    let flows: [[UInt8]] = {
        var sequence = FlowSequence(bytes: 300_000)
        return (0..<4).map { _ in
            defer { sequence.edit() }
            return sequence.flows
        }
    }()

    func stored(on disk: PowerCutDisk) async throws -> Vault {
        let vault = Vault(disk: disk)
        try await vault.prepare()
        return vault
    }

    @Test("What store returned is whole after a power cut that takes all it can")
    func powerCut() async throws {
        let disk = PowerCutDisk()
        let vault = try await stored(on: disk)
        for (number, flows) in ([[], [1, 2, 3]] + flows).enumerated() {
            let blob = try await vault.store(flows)
            let later = try await stored(on: disk.afterPowerCut())
            let isSame = try await later.read(blob.address) == flows
            #expect(isSame, "\(number)")
        }
        #expect(disk.early.isEmpty)
    }

    @Test(
        "A failure at any step keeps what was there, and the next try survives a power cut",
        arguments: [ENOSPC, EIO])
    func failures(code: Int32) async throws {
        var step = 0
        var isOver = false
        while !isOver {
            step += 1
            let disk = PowerCutDisk()
            let vault = try await stored(on: disk)
            let kept = try await vault.store(flows[0])
            disk.fail(atChange: step, with: code)
            do throws(VaultFault) {
                _ = try await vault.store(flows[1])
                isOver = true
            } catch {
                #expect(
                    error == (code == ENOSPC ? .full : .system(SystemError("write", code: code))))
            }
            disk.fail(atChange: nil)
            #expect(!disk.files.keys.contains { $0.hasPrefix(".incoming") }, "step \(step)")
            let isKept = try await vault.read(kept.address) == flows[0]
            #expect(isKept, "step \(step)")
            let blob = try await vault.store(flows[1])
            let later = try await stored(on: disk.afterPowerCut())
            let isSame = try await later.read(blob.address) == flows[1]
            #expect(isSame, "step \(step)")
            let isStillKept = try await later.read(kept.address) == flows[0]
            #expect(isStillKept, "step \(step)")
        }
        #expect(step > 6)
    }

    @Test("A power cut at any step keeps what was there, and the same is stored again after it")
    func cutAnywhere() async throws {
        var step = 0
        var isOver = false
        while !isOver {
            step += 1
            let disk = PowerCutDisk()
            let vault = try await stored(on: disk)
            let kept = try await vault.store(flows[0])
            disk.fail(atChange: step, with: EIO)
            isOver = (try? await vault.store(flows[1])) != nil
            // The process goes on, or ends and comes back; then the power goes, or does not.
            for next in [disk.afterPowerCut(), disk] {
                next.fail(atChange: nil)
                let vault = try await stored(on: next)
                let isKept = try await vault.read(kept.address) == flows[0]
                #expect(isKept, "step \(step)")
                let blob = try await vault.store(flows[1])
                let later = try await stored(on: next.afterPowerCut())
                let isSame = try await later.read(blob.address) == flows[1]
                #expect(isSame, "step \(step)")
            }
        }
        #expect(step > 6)
    }

    @Test("An edit is synced file by file, much at once in two calls")
    func fewSyncs() async throws {
        let disk = PowerCutDisk()
        let vault = try await stored(on: disk)
        var before = disk.changes
        _ = try await vault.store(flows[0])
        let files = disk.files.count
        // Each file is made and moved once, its folder made once; then two syncs.
        #expect(disk.changes - before <= 3 * files + 2)
        before = disk.changes
        _ = try await vault.store(flows[0])
        #expect(disk.changes == before)
    }
}
