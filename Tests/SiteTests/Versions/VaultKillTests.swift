import Basics
import Domain
import Glibc
import LinesideTesting
import Store
import Testing

@testable import Site

/// A child process that stores, names, forgets and sweeps until it is killed.
@Suite("Vault, when its process is killed") struct VaultKillTests {
    private static let place = getenv("LINESIDE_VAULT_CHILD").map { String(cString: $0) }

    @Test(
        "What a row names is whole after kill -9 at any time",
        .enabled(if: place == nil), .timeLimit(.minutes(getenv("LINESIDE_LONG") == nil ? 2 : 30)))
    func kills() async throws {
        let place = try TemporaryDirectory()
        var random = SystemRandomNumberGenerator()
        var checked = 0
        for round in 0..<(getenv("LINESIDE_LONG") == nil ? 3 : 100) {
            let child = try ProgramUnderTest(
                "/proc/self/exe",
                ["--testing-library", "swift-testing", "--filter", "VaultKillTests"],
                environment: ["LINESIDE_VAULT_CHILD": place.path],
                errors: "\(place.path)/errors")
            var left = Int.random(in: 1...40, using: &random)
            for await line in child.lines where line.hasPrefix("named") {
                left -= 1
                if left == 0 { break }
            }
            child.signal(SIGKILL)
            _ = await child.exitStatus()
            #expect(left == 0, "round \(round): the child ended by itself")
            let stores = try await Stores.open(directory: place.path)
            let vault = Vault(directory: "\(place.path)/vault")
            try await vault.prepare()
            var last: ContentAddress?
            while true {
                let addresses = try await stores.blobs.list(after: last)
                guard let end = addresses.last else { break }
                for address in addresses {
                    _ = try await vault.read(address)
                    checked += 1
                }
                last = end
            }
            stores.registry.close()
            stores.history.close()
        }
        #expect(checked > 0)
    }

    @Test("The child", .enabled(if: place != nil))
    func child() async throws {
        let place = try #require(Self.place)
        let stores = try await Stores.open(directory: place)
        let clock = VaultKeeperTests.TestClock()
        let vault = Vault(disk: DirectoryDisk("\(place)/vault"), now: { clock.now })
        try await vault.prepare()
        let keeper = VaultKeeper(vault: vault, stores: stores, alarms: OpenAlarms())
        var sequence = FlowSequence(bytes: 250_000, seed: UInt64(getpid()))
        var instance: Instance?
        for number in 0..<100_000 {
            if number % 10 == 0 {
                if let instance { try await stores.instances.delete(instance.id, by: .site) }
                instance = try await stores.newInstance(
                    "I\(getpid())-\(number)", credentialSecret: [1])
            }
            sequence.edit()
            let blob = try await vault.store(sequence.flows)
            if number % 7 == 0 {
                clock.advance(by: .seconds(7200))
                try await keeper.sweep()
            }
            guard let id = instance?.id else { continue }
            _ = try await stores.versions.append(
                VersionStore.Draft(
                    instance: id, spoolID: nil, at: .now(), by: nil, source: .api, summary: "",
                    flows: blob, credentials: nil, modules: [], stack: nil), by: .site)
            // Past what standard output keeps back in a pipe.
            let line = Array("named \(number)\n".utf8)
            _ = write(1, line, line.count)
        }
    }
}
