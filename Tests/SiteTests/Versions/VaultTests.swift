import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Testing

@testable import Site

@Suite("Vault") struct VaultTests {
    let directory: TemporaryDirectory
    let vault: Vault

    init() async throws {
        directory = try TemporaryDirectory()
        vault = Vault(directory: "\(directory.path)/vault")
        try await vault.prepare()
    }

    func path(_ address: ContentAddress) -> String {
        "\(directory.path)/vault/\(address.hex.prefix(2))/\(address.hex)"
    }

    @Test("What was stored comes back under its digest", arguments: [0, 1, 1000, 300_000])
    func roundTrip(count: Int) async throws {
        let bytes = Randomness.bytes(count)
        let blob = try await vault.store(bytes)
        #expect(blob.address.hex == Hex.encode(Digest.sha256(bytes)))
        #expect(blob.size.bytes == count)
        let isSame = try await vault.read(blob.address) == bytes
        #expect(isSame)
    }

    @Test("What can be made shorter is, and comes back byte by byte")
    func compresses() async throws {
        let bytes = Array(
            String(repeating: "{\"id\":\"abc\",\"type\":\"inject\"},", count: 5000).utf8)
        let blob = try await vault.store(bytes)
        #expect(blob.storedSize.bytes < bytes.count / 20)
        let isSame = try await vault.read(blob.address) == bytes
        #expect(isSame)
        let again = try await vault.store(bytes)
        #expect(again.address == blob.address)
    }

    @Test("Random bytes are not made longer than by one")
    func incompressible() async throws {
        let blob = try await vault.store(Randomness.bytes(5000))
        #expect(blob.storedSize.bytes == 5001)
    }

    @Test("Damage is found when it is read, wherever it is, and storing again heals it")
    func damage() async throws {
        let bytes = Array(String(repeating: "flows ", count: 500).utf8)
        let blob = try await vault.store(bytes)
        let whole = try Files.read(path(blob.address))
        var found = 0
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 0x10
            try Files.replace(path(blob.address), with: changed)
            do throws(VaultFault) {
                // Zstandard has a bit in its header that means nothing.
                let isSame = try await vault.read(blob.address) == bytes
                #expect(isSame)
            } catch {
                #expect(error == .damaged(blob.address))
                found += 1
            }
        }
        #expect(found >= whole.count - 1)
        try Files.replace(path(blob.address), with: Array(whole.dropLast()))
        await #expect(throws: VaultFault.damaged(blob.address)) {
            try await vault.read(blob.address)
        }
        try Files.replace(path(blob.address), with: [])
        await #expect(throws: VaultFault.damaged(blob.address)) {
            try await vault.read(blob.address)
        }
        _ = try await vault.store(bytes)
        let isSame = try await vault.read(blob.address) == bytes
        #expect(isSame)
    }

    @Test("A file that claims to unpack to the whole memory is damage")
    func bomb() async throws {
        let address = try #require(ContentAddress(digest: Digest.sha256([1])))
        // A frame header that says 2^62 bytes.
        let frame: [UInt8] = [1, 0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x40, 1, 0, 0]
        try Files.makeDirectory(Files.parent(of: path(address)))
        try Files.replace(path(address), with: frame)
        await #expect(throws: VaultFault.damaged(address)) { try await vault.read(address) }
    }

    @Test("What is not there is missing")
    func missing() async throws {
        let address = try #require(ContentAddress(digest: Digest.sha256([2])))
        await #expect(throws: VaultFault.missing(address)) { try await vault.read(address) }
    }

    @Test("What a kill left half written is gone after the next start")
    func halfWritten() async throws {
        let blob = try await vault.store([1, 2, 3])
        try Files.replace("\(directory.path)/vault/.incoming/abc", with: [1, 2])
        let next = Vault(directory: "\(directory.path)/vault")
        try await next.prepare()
        #expect(try Files.list("\(directory.path)/vault/.incoming").isEmpty)
        #expect(try await next.read(blob.address) == [1, 2, 3])
    }

    @Test("A full disk is said to be one, keeps what is there and leaves nothing half")
    func fullDisk() async throws {
        let place = "\(directory.path)/small"
        try Files.makeDirectory(place)
        guard mount("lineside", place, "tmpfs", 0, "size=1m") == 0 else {
            print("skipped: a file system of 1 MB needs root")
            return
        }
        defer { umount2(place, 2) }
        let small = Vault(directory: "\(place)/vault")
        try await small.prepare()
        let kept = try await small.store([1, 2, 3])
        await #expect(throws: VaultFault.full) {
            try await small.store(Randomness.bytes(2 << 20))
        }
        #expect(try Files.list("\(place)/vault/.incoming").isEmpty)
        #expect(try await small.read(kept.address) == [1, 2, 3])
    }
}
