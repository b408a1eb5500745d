import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Testing

@testable import Site

@Suite("Vault, in chunks") struct VaultChunkTests {
    let disk = PowerCutDisk()
    let vault: Vault

    init() async throws {
        vault = Vault(disk: disk)
        try await vault.prepare()
    }

    static func random(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededRandom(seed)
        return random.bytes(count)
    }

    func list(_ address: ContentAddress) throws -> ChunkList {
        try #require(try VaultContent(address, on: disk).list)
    }

    func pieces(_ address: ContentAddress) async throws -> [[UInt8]] {
        let reader = try await vault.open(address)
        var pieces: [[UInt8]] = []
        while let piece = try await reader.next() { pieces.append(piece) }
        return pieces
    }

    @Test(
        "What was stored comes back, whole and in pieces",
        arguments: [0, 1, 131_072, 131_073, 1 << 20, (9 << 20) + 17])
    func roundTrip(count: Int) async throws {
        let bytes = Self.random(count)
        let blob = try await vault.store(bytes)
        #expect(blob.address.hex == Hex.encode(Digest.sha256(bytes)))
        #expect(blob.size.bytes == count)
        let isSame = try await vault.read(blob.address) == bytes
        #expect(isSame)
        let pieces = try await pieces(blob.address)
        #expect(pieces.allSatisfy { $0.count <= 1 << 20 })
        let isSameInPieces = pieces.flatMap(\.self) == bytes
        #expect(isSameInPieces)
        #expect((try VaultContent(blob.address, on: disk).list != nil) == (count > 131_072))
    }

    @Test("Content of nothing but zeros is a handful of files")
    func zeros() async throws {
        let zeros = [UInt8](repeating: 0, count: 20 << 20)
        let blob = try await vault.store(zeros)
        #expect(disk.files.count <= 4)
        let isSame = try await vault.read(blob.address) == zeros
        #expect(isSame)
    }

    @Test("The cuts are those of every other version of the program")
    func golden() async throws {
        let bytes = Self.random(10 << 20)
        let list = try list(try await vault.store(bytes).address)
        let lengths = (0..<list.count).compactMap { list[$0]?.length }
        #expect(lengths.prefix(5) == [21080, 30061, 40089, 17965, 23321])
        #expect(lengths.suffix(3) == [299613, 181454, 210160])
        #expect(lengths.dropLast().allSatisfy { $0 >= 4096 })
        #expect(lengths.count == 418)
    }

    @Test("A chunk depends on what is in it, not on where it stands")
    func shifts() async throws {
        let bytes = Self.random(2 << 20)
        let first = try list(try await vault.store(bytes).address)
        let shifted = try list(try await vault.store([1, 2, 3] + bytes).address)
        let common = Set(first.addresses).intersection(shifted.addresses).count
        #expect(common >= first.count - 2)
    }

    /// 1,000 of them with LINESIDE_LONG=1.
    @Test("Versions of a flow of 1 MB take less than 3 % each, blocks and lists counted")
    func small() async throws {
        var sequence = FlowSequence(bytes: 1 << 20)
        _ = try await vault.store(sequence.flows)
        func blocks() throws -> Int {
            var sum = 0
            for file in disk.files.values { sum += (file.count + 4095) / 4096 * 4096 }
            return sum
        }
        let before = try blocks()
        var full = 0
        for _ in 0..<(getenv("LINESIDE_LONG") == nil ? 100 : 1000) {
            sequence.edit()
            full += try await vault.store(sequence.flows).size.bytes
        }
        let share = Double(try blocks() - before) / Double(full)
        #expect(share < 0.03, "\(share)")
    }

    @Test("What was stored whole by an older program stays as it is and is read in pieces")
    func older() async throws {
        let bytes = FlowSequence(bytes: 3 << 20).flows
        let address = try #require(ContentAddress(digest: Digest.sha256(bytes)))
        try disk.makeDirectory(VaultFile.folder(address))
        for format in [VaultFile.plain, VaultFile.zstandard] {
            let compressed = try #require(Zstandard.compress(bytes))
            let file = [format] + (format == VaultFile.plain ? bytes : compressed)
            disk.replace(VaultFile.path(address), with: file)
            let isSame = try await vault.read(address) == bytes
            #expect(isSame)
            let pieces = try await pieces(address)
            #expect(pieces.allSatisfy { $0.count <= 1 << 20 })
            let isSameInPieces = pieces.flatMap(\.self) == bytes
            #expect(isSameInPieces)
            #expect(try await vault.store(bytes).address == address)
            #expect(disk.files.count == 1)
            // Damaged, it is healed, as a list then.
            disk.replace(VaultFile.path(address), with: Array(file.dropLast()))
            await #expect(throws: VaultFault.damaged(address)) { try await vault.read(address) }
            await #expect(throws: VaultFault.damaged(address)) { try await self.pieces(address) }
        }
        _ = try await vault.store(bytes)
        let isSame = try await vault.read(address) == bytes
        #expect(isSame)
    }

    @Test("A damaged or missing chunk is named with its content, and storing again heals it")
    func chunkDamage() async throws {
        let bytes = Self.random(1 << 20)
        let address = try await vault.store(bytes).address
        let list = try list(address)
        let chunk = try #require(list[list.count / 2]).address
        let whole = try #require(disk.files[VaultFile.path(chunk)])
        var flipped = whole
        flipped[whole.count / 2] ^= 1
        let first = try #require(list[0]).address
        let other = try #require(disk.files[VaultFile.path(first)])
        let bad: [[UInt8]?] = [
            nil, [], flipped, Array(whole.dropLast()), whole + [0], other, [9] + whole,
            disk.files[VaultFile.path(address)], [UInt8](repeating: 0, count: 3 << 20),
        ]
        for (number, file) in bad.enumerated() {
            disk.replace(VaultFile.path(chunk), with: file)
            let fault: VaultFault =
                file == nil
                ? .missing(address, chunk: chunk) : .damaged(address, chunk: chunk)
            await #expect(throws: fault, "\(number)") { try await vault.read(address) }
            await #expect(throws: fault, "\(number)") { try await pieces(address) }
            _ = try await vault.store(bytes)
            let isSame = try await vault.read(address) == bytes
            #expect(isSame, "\(number)")
        }
    }

    @Test("A damaged list is damage, wherever it is, and storing again heals it")
    func listDamage() async throws {
        let bytes = Self.random(200_000)
        let address = try await vault.store(bytes).address
        let path = VaultFile.path(address)
        let whole = try #require(disk.files[path])
        for index in whole.indices {
            var changed = whole
            changed[index] ^= 0x04
            disk.replace(path, with: changed)
            await #expect(throws: VaultFault.damaged(address), "\(index)") {
                try await vault.read(address)
            }
        }
        for count in [0, 1, 2, 40, whole.count - 36, whole.count - 1] {
            disk.replace(path, with: Array(whole.prefix(count)))
            await #expect(throws: VaultFault.damaged(address), "\(count)") {
                try await vault.read(address)
            }
        }
        _ = try await vault.store(bytes)
        let isSame = try await vault.read(address) == bytes
        #expect(isSame)
    }

    @Test("What is only read in pieces may be larger than what is read at once")
    func streams() async throws {
        let piece = [UInt8](repeating: 0, count: 4 << 20)
        let small = await vault.writer()
        let large = await vault.writer(limit: ByteCount(Vault.largestStream))
        for _ in 0..<64 { try await small.append(piece) }
        await #expect(throws: VaultFault.tooLarge(ByteCount(Vault.largest))) {
            try await small.append([1])
        }
        for _ in 0..<65 { try await large.append(piece) }
        let blob = try await large.finish()
        await #expect(throws: VaultFault.tooLarge(ByteCount(Vault.largest))) {
            try await vault.read(blob.address)
        }
        let reader = try await vault.open(blob.address)
        var size = 0
        while let piece = try await reader.next() { size += piece.count }
        #expect(size == 65 * piece.count)
        // Another vault takes it over by its list.
        let chunks = try await vault.chunks(of: blob.address)
        try await vault.receive(
            list: chunks.chunks.map { ($0.digest, $0.size) }, of: blob.address)
        #expect(await vault.isHere(blob.address))
    }

    @Test("A list whose seal is right and whose content is hostile costs no memory")
    func hostileLists() async throws {
        let bytes = Self.random(200_000)
        let address = try await vault.store(bytes).address
        let chunk = try #require(try list(address)[0])
        func put(_ entries: [(ContentAddress, Int)]) {
            var list = ChunkList()
            for (address, length) in entries {
                list.append(Hex.decode(address.hex) ?? [], length: length)
            }
            disk.replace(
                VaultFile.path(address), with: [VaultFile.list] + list.body(named: address))
        }
        let hostile: [[(ContentAddress, Int)]] = [
            [(address, 200_000)],
            [(chunk.address, 0)],
            [(chunk.address, 1 << 31)],
            [(chunk.address, (1 << 20) + 1)],
            Array(repeating: (chunk.address, 1 << 20), count: 1025),
            Array(repeating: (chunk.address, 5000), count: 18_305),
        ]
        for (number, entries) in hostile.enumerated() {
            put(entries)
            await #expect(throws: VaultFault.damaged(address), "\(number)") {
                try await vault.read(address)
            }
        }
        // Nothing wrong but the content.
        put([(chunk.address, chunk.length)])
        await #expect(throws: VaultFault.damaged(address)) { try await vault.read(address) }
        // A chunk of another length than the list says.
        put([(chunk.address, chunk.length - 1), (chunk.address, chunk.length)])
        await #expect(throws: VaultFault.damaged(address, chunk: chunk.address)) {
            try await vault.read(address)
        }
    }

    @Test("200 MB pass with 4 MB of memory, in and out")
    func large() async throws {
        let place = try TemporaryDirectory()
        let vault = Vault(directory: "\(place.path)/vault")
        try await vault.prepare()
        let piece = Self.random(1 << 20)
        let writer = await vault.writer()
        var hasher = SHA256Hasher()
        for number in 0..<200 {
            var piece = piece
            piece[0] = UInt8(number)
            piece[1000] = UInt8(number)
            hasher.update(piece)
            try await writer.append(piece)
        }
        #expect(await vault.mostHeld(by: 1) < 4 << 20)
        let blob = try await writer.finish()
        #expect(blob.size == .mebibytes(200))
        let digest = hasher.finish()
        #expect(blob.address == ContentAddress(digest: digest))
        let reader = try await vault.open(blob.address)
        var count = 0
        while let piece = try await reader.next() {
            if piece.count > 1 << 20 { Issue.record("a piece of \(piece.count) bytes") }
            count += piece.count
        }
        #expect(count == 200 << 20)
        #expect(try Files.list("\(place.path)/vault/.incoming").isEmpty)
    }

    @Test("What is longer than the limit is refused and leaves nothing")
    func limits() async throws {
        let writer = await vault.writer(limit: .kibibytes(300))
        try await writer.append(Self.random(300 << 10))
        await #expect(throws: VaultFault.tooLarge(.kibibytes(300))) { try await writer.append([1]) }
        await #expect(throws: VaultFault.self) { try await writer.finish() }
        #expect(disk.files.isEmpty)
    }

    @Test("A writer that goes before it has finished leaves nothing")
    func abandoned() async throws {
        do {
            let writer = await vault.writer()
            try await writer.append(Self.random(300 << 10))
            #expect(!disk.files.isEmpty)
        }
        try await withLimit(.seconds(10), waitingFor: "the writer's files to go") {
            while !disk.files.isEmpty { await Task.yield() }
        }
        #expect(disk.files.isEmpty)
    }

    @Test("A file is stored from its descriptor")
    func descriptor() async throws {
        let place = try TemporaryDirectory()
        let bytes = Self.random(700_000)
        try Files.replace("\(place.path)/x", with: bytes)
        func file() throws -> FileDescriptor {
            guard let file = FileDescriptor(owning: open("\(place.path)/x", O_RDONLY)) else {
                throw SystemError("open")
            }
            return file
        }
        let blob = try await vault.store(from: file())
        let isSame = try await vault.read(blob.address) == bytes
        #expect(isSame)
        await #expect(throws: VaultFault.tooLarge(.kibibytes(600))) {
            try await vault.store(from: file(), limit: .kibibytes(600))
        }
    }
}
