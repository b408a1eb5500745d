import Basics
import Crypto
import Domain

/// A content on its way into the vault. Its chunks are written beside the vault, not synced, until
/// it is finished; what the vault has already is compared byte by byte and not written again.
final class VaultDraft {
    /// A file that waits to be synced and to get its name.
    struct Staged {
        let temporary: String
        let address: ContentAddress
    }

    /// 128 KB. Below it a list and two chunks take more of the disk than the whole does
    /// (measured on flows of 20 to 90 KB).
    static let wholeLimit = 128 << 10
    private static let piece = 256 << 10

    private let disk: any VaultDisk
    private let limit: ByteCount
    private var hasher: SHA256Hasher? = SHA256Hasher()
    private var splitter = ChunkSplitter()
    /// After the last cut.
    private var pending: [UInt8] = []
    private var size = 0
    private var stagedBytes = 0
    private(set) var list = ChunkList()
    private(set) var staged: [Staged] = []
    private var stagedAddresses: Set<ContentAddress> = []
    /// The most bytes of content and lists that it ever held at once.
    private(set) var mostHeld = 0

    init(on disk: any VaultDisk, limit: ByteCount) {
        self.disk = disk
        self.limit = limit
    }

    func append(_ bytes: ArraySlice<UInt8>) throws(VaultFault) {
        guard bytes.count <= limit.bytes - size else { throw .tooLarge(limit) }
        var rest = bytes
        while !rest.isEmpty {
            let piece = rest.prefix(Self.piece)
            rest = rest.dropFirst(piece.count)
            size += piece.count
            hasher?.update(piece)
            pending += piece
            mostHeld = max(mostHeld, pending.capacity + list.held)
            if size > Self.wholeLimit { try cut(isEnd: false) }
        }
    }

    /// All that has to be synced and named is in `staged` then.
    func finish() throws(VaultFault) -> StoredBlob {
        guard let digest = hasher.take()?.finish(), let address = ContentAddress(digest: digest)
        else { throw .tooLarge(limit) }
        let size = ByteCount(size)
        guard size.bytes > Self.wholeLimit else {
            if let file = whole(address, equal: pending) {
                return StoredBlob(address: address, size: size, storedSize: ByteCount(file))
            }
            try stage(VaultFile.encode(pending[...]), as: address)
            return StoredBlob(address: address, size: size, storedSize: ByteCount(stagedBytes))
        }
        try cut(isEnd: true)
        let file = [VaultFile.list] + list.body(named: address)
        let present = try? VaultContent(address, on: disk)
        if let present, let known = present.list {
            if known.body(named: address) == Array(file.dropFirst()) {
                return StoredBlob(
                    address: address, size: size, storedSize: ByteCount(file.count + stagedBytes))
            }
        } else if let present, Self.isSound(present) {
            // As it was stored before there were lists.
            abandon()
            return StoredBlob(address: address, size: size, storedSize: size)
        }
        try stage(file, as: address)
        return StoredBlob(address: address, size: size, storedSize: ByteCount(stagedBytes))
    }

    /// Takes away what it has written.
    func abandon() {
        for file in staged { try? disk.remove(file.temporary) }
        staged = []
    }

    private func cut(isEnd: Bool) throws(VaultFault) {
        var start = 0
        while true {
            let length = pending.withUnsafeBufferPointer { bytes in
                splitter.cut(UnsafeBufferPointer(rebasing: bytes[start...]), isEnd: isEnd)
            }
            guard let length else { break }
            try keep(Array(pending[start..<start + length]))
            start += length
        }
        pending.removeFirst(start)
    }

    private func keep(_ chunk: [UInt8]) throws(VaultFault) {
        let digest = Digest.sha256(chunk)
        guard list.count < ChunkList.mostChunks, let address = ContentAddress(digest: digest)
        else { throw .tooLarge(limit) }
        list.append(digest, length: chunk.count)
        guard !stagedAddresses.contains(address), whole(address, equal: chunk) == nil else {
            return
        }
        try stage(VaultFile.encode(chunk[...]), as: address)
    }

    /// - Returns: bytes of the file that holds `content`; `nil` where none does, and for one that
    ///   is damaged: it is written anew.
    private func whole(_ address: ContentAddress, equal content: [UInt8]) -> Int? {
        let file = try? disk.read(
            VaultFile.path(address), limit: ByteCount(VaultFile.longest))
        guard let file, VaultFile.decode(file, limit: content.count) == content else { return nil }
        return file.count
    }

    private func stage(_ file: [UInt8], as address: ContentAddress) throws(VaultFault) {
        let name = Randomness.text(count: 16, from: .lowercaseAlphanumerics)
        let temporary = "\(VaultFile.incoming)/\(name)"
        staged.append(Staged(temporary: temporary, address: address))
        stagedAddresses.insert(address)
        stagedBytes += file.count
        do throws(SystemError) { try disk.create(temporary, file) } catch {
            throw VaultFault(error)
        }
    }

    private static func isSound(_ content: VaultContent) -> Bool {
        do throws(VaultFault) {
            while try content.next() != nil {}
            return true
        } catch { return false }
    }
}
