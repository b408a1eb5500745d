import Basics
import Crypto
package import Domain

/// Immutable bytes, named by their SHA-256. What `store` returned survives a power cut; what `read`
/// returns was checked against its name. One format for the vault, for what devices are sent and
/// for backups:
///
/// - A content is the file `<two first digits>/<64 digits of its SHA-256>`: a byte of format, then
///   0 the bytes as they are, 1 one Zstandard frame, 2 a list (`ChunkList`) of chunks that make it
///   together. Chunks are such files too, of format 0 or 1, named by their own SHA-256.
/// - Up to 128 KB are stored whole, more than that in chunks of 4 to 64 KB, usually 16 (after the
///   first 8 MB: 64 KB to 1 MB, usually 256), cut where the content says (`ChunkSplitter`).
/// - Content has at most 256 MB, what is only ever read in pieces 1 GB. Files of older vaults are whole whatever their size.
///
/// Measured with 1,000 versions of a flow, one to three nodes changed each, as a share of their
/// full size, files counted in bytes / in blocks of 4 KB:
///
/// | | generated, 1.1 MB | public projects, 1.1 MB | 0.75 MB | 0.3 MB |
/// |---|---|---|---|---|
/// | whole files | 12.3 / 12.6 % | 8.2 / 8.4 % | 8.6 / 8.9 % | 5.8 / 6.3 % |
/// | by content, 8 KB | 0.74 / 1.19 % | 0.73 / 1.14 % | 0.89 / 1.57 % | 1.26 / 2.90 % |
/// | by content, 16 KB | 0.80 / 1.28 % | 0.98 / 1.60 % | 1.34 / 2.25 % | 1.43 / 3.22 % |
/// | by content, 64 KB | 1.60 / 2.22 % | 2.38 / 3.14 % | 2.84 / 3.81 % | 2.41 / 4.25 % |
/// | by tab | 1.16 / 1.71 % | 1.02 / 1.60 % | 1.35 / 2.19 % | 2.72 / 4.45 % |
/// | by tab and groups of nodes | 0.89 / 1.34 % | 0.69 / 1.18 % | 0.88 / 1.54 % | 1.19 / 3.00 % |
/// | by node | 4.35 / 5.43 % | 2.56 / 3.53 % | 3.37 / 4.82 % | 0.84 / 2.88 % |
///
/// By tab and groups of nodes is a little smaller on real flows; by content needs no parser and
/// serves every file. 16 KB rather than 8, because a 1 MB flow is 39 files then and not 86. Read
/// time of one, whole / 16 KB / 8 KB, in ms: cached 2.0 / 2.2 / 3.0 (median of 9); its data out of
/// the cache 2.2 (2 to 8) / 4.5 (4 to 13) / 7.5 (6 to 12) (median of 9, range); all caches of the
/// machine empty, three runs: 4, 5, 8 / 8, 12, 44 / 17, 18, 20. So the 20 ms that a read may cost
/// more were passed once, with nothing cached; a disk that turns was not measured. Syncing 39
/// files one by one took 164 to 299 ms (5 runs), `syncfs` 5 to 22 (9 runs). All figures are of a
/// model in C with the same rule and another table, on a busy virtual machine with two cores.
package actor Vault {
    /// 256 MB: Node-RED takes flows of 210 MB (`apiMaxLength`).
    package static let largest = 256 << 20
    /// 1 GB: of trees for devices, which nobody holds in memory. A stack that carries its Node.js has
    /// 200 MB, one with machine learning 600.
    package static let largestStream = 1 << 30
    /// More new files than this are synced with the whole file system, in two calls.
    private static let fewFiles = 3

    nonisolated let disk: any VaultDisk
    nonisolated let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    nonisolated let now: @Sendable () -> SuspendingClock.Instant
    /// What was stored a short while ago: the rows that point at it may still be on their way.
    var fresh: [ContentAddress: Fresh] = [:]
    /// While a sweep is under way.
    var marks: AddressFilter?
    /// What reads found damaged or missing.
    var suspects: Set<ContentAddress> = []
    /// Those of them that nobody has stored again since.
    var distrusted: Set<ContentAddress> = []
    var drafts: [Int: VaultDraft] = [:]
    var draftsBegun = 0
    /// A store failed between giving names and syncing them: the next one syncs everything.
    private var owesSync = false

    package init(directory: String) { self.init(disk: DirectoryDisk(directory)) }

    init(
        disk: any VaultDisk,
        now: @escaping @Sendable () -> SuspendingClock.Instant = { SuspendingClock.now }
    ) {
        self.disk = disk
        self.now = now
        executor = BlockingExecutor(label: "vault")
    }

    /// At start: makes the directory, removes what a kill left half written, and syncs what a kill
    /// left unsynced.
    package func prepare() throws(VaultFault) {
        do throws(SystemError) {
            try disk.makeDirectory("")
            try disk.makeDirectory(VaultFile.incoming)
            var left: [String] = []
            try disk.each(in: VaultFile.incoming) { name, _, _ in left.append(name) }
            for name in left { try disk.remove("\(VaultFile.incoming)/\(name)") }
            try disk.syncAll()
        } catch { throw VaultFault(error) }
    }

    /// For bytes that are in memory anyway; `writer` takes what is not. What the vault has already
    /// is not written again, and what is damaged of it is healed.
    /// - Throws: `.tooLarge`, `.full`, `.system`; nothing is kept then.
    package func store(_ bytes: [UInt8]) throws(VaultFault) -> StoredBlob {
        let draft = VaultDraft(on: disk, limit: ByteCount(Self.largest))
        do throws(VaultFault) {
            try draft.append(bytes[...])
            return try keep(draft)
        } catch {
            draft.abandon()
            throw error
        }
    }

    /// The whole content in memory; `open` gives it in pieces.
    package func read(_ address: ContentAddress) throws(VaultFault) -> [UInt8] {
        do throws(VaultFault) {
            let content = try VaultContent(address, on: disk)
            guard content.list?.size ?? 0 <= Self.largest else {
                throw VaultFault.tooLarge(ByteCount(Self.largest))
            }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(content.list?.size ?? 0)
            while let piece = try content.next() { bytes += piece }
            return bytes
        } catch {
            suspect(error)
            throw error
        }
    }

    /// Finishes what was written and returns when it survives a power cut.
    func keep(_ draft: VaultDraft) throws(VaultFault) -> StoredBlob {
        let blob = try draft.finish()
        do throws(SystemError) { try commit(draft.staged) } catch { throw VaultFault(error) }
        fresh[blob.address] = Fresh(storedAt: now())
        marks?.insert(blob.address)
        mark(draft.list)
        if !distrusted.isEmpty {
            distrusted.remove(blob.address)
            distrusted.subtract(draft.list.addresses)
        }
        return blob
    }

    /// First all content is on the disk, then it gets its names, then the names are on the disk. A
    /// kill in between leaves a name only of a whole file; the caller's row comes after all.
    func commit(_ staged: [VaultDraft.Staged]) throws(SystemError) {
        guard !staged.isEmpty || owesSync else { return }
        var isWhole = owesSync || staged.count > Self.fewFiles
        if isWhole {
            try disk.syncAll()
        } else {
            for file in staged { try disk.sync(file.temporary) }
        }
        owesSync = true
        var folders: Set<String> = []
        for file in staged {
            let folder = VaultFile.folder(file.address)
            if folders.insert(folder).inserted, !disk.exists(folder) {
                try disk.makeDirectory(folder)
                isWhole = true
            }
            try disk.move(file.temporary, to: VaultFile.path(file.address))
        }
        if isWhole {
            try disk.syncAll()
        } else {
            for folder in folders { try disk.sync(folder) }
        }
        owesSync = false
    }
}
