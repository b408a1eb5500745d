package import Basics
package import Domain

/// What the vault takes on the disk.
package struct VaultFigures: Sendable, Equatable {
    /// Chunks, lists and whole contents.
    package var files = 0
    package var size = ByteCount(0)
    /// In the disk's blocks.
    package var blocks = ByteCount(0)

    package init() {}
    package init(files: Int, size: ByteCount, blocks: ByteCount) {
        self.files = files
        self.size = size
        self.blocks = blocks
    }
}

/// Removes what nothing needs: mark everything that a row names or that was stored a short while
/// ago, with the chunks of its lists, then remove every file that is not marked. Whatever is stored
/// in between is marked on the way in. Takes 8 MB of memory, and turns with readers and writers.
///
/// What was stored is kept without a row through the next two sweeps and for an hour at least, so
/// that the row may come late, even where the machine was halted in between: they are a day apart.
extension Vault {
    static let rowMayTake = Duration.seconds(3600)
    static let sweepsWithoutRow = 2

    struct Fresh {
        let storedAt: SuspendingClock.Instant
        /// That have begun since.
        var sweeps = 0
    }

    /// For a content that is known from before and is named once more without being stored again:
    /// from now on its new row has the same time to come.
    /// - Returns: `false` where something of it is gone or known to be damaged: then store it.
    package func renew(_ address: ContentAddress) -> Bool {
        guard !distrusted.contains(address), let content = try? VaultContent(address, on: disk)
        else { return false }
        if let list = content.list {
            for chunk in list.addresses
            where distrusted.contains(chunk) || !disk.exists(VaultFile.path(chunk)) {
                return false
            }
            mark(list)
        }
        marks?.insert(address)
        fresh[address] = Fresh(storedAt: now())
        return true
    }

    /// First of all, before the first row is looked at.
    func beginMarking() throws(VaultFault) {
        let end = now() - Self.rowMayTake
        fresh = fresh.filter { _, entry in
            entry.sweeps < Self.sweepsWithoutRow || entry.storedAt > end
        }
        for address in fresh.keys { fresh[address]?.sweeps += 1 }
        marks = AddressFilter()
        for address in fresh.keys { try mark(address) }
        for draft in drafts.values { mark(draft.list) }
    }

    /// What a row names, each of them.
    /// - Throws: where a list cannot be read: nothing may be removed then, because its chunks are
    ///   needed once it is restored.
    func mark(_ addresses: [ContentAddress]) throws(VaultFault) {
        for address in addresses { try mark(address) }
    }

    private func mark(_ address: ContentAddress) throws(VaultFault) {
        marks?.insert(address)
        if let list = try VaultContent.list(of: address, on: disk) { mark(list) }
    }

    /// What is being stored while a sweep is under way.
    func mark(_ list: ChunkList, from start: Int = 0) {
        guard marks != nil else { return }
        for index in start..<list.count {
            if let chunk = list[index] { marks?.insert(chunk.address) }
        }
    }

    /// Removes what is not marked in one of 256 directories.
    func sweep(folder: Int) throws(VaultFault) -> (removed: Int, left: VaultFigures) {
        guard let marks else { return (0, VaultFigures()) }
        let folder = Hex.encode([UInt8(truncatingIfNeeded: folder)])
        var left = VaultFigures()
        var unused: [String] = []
        do throws(SystemError) {
            try disk.each(in: folder) { name, size, blocks in
                if let address = ContentAddress(hex: name), !marks.contains(address) {
                    unused.append(name)
                } else {
                    left.files += 1
                    left.size = ByteCount(left.size.bytes + size)
                    left.blocks = ByteCount(left.blocks.bytes + blocks)
                }
            }
            for name in unused { try disk.remove("\(folder)/\(name)") }
        } catch { throw VaultFault(error) }
        return (unused.count, left)
    }

    /// Also when a sweep was given up.
    func endSweep() { marks = nil }
}
