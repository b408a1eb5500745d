import Basics
import Crypto
package import Domain

/// What a device takes over from the appliance's vault, file by file: the same format on both sides.
extension Vault {
    /// Those of which no whole file is here. Damaged ones count as missing.
    package func missing(_ addresses: [ContentAddress]) -> [ContentAddress] {
        addresses.filter { distrusted.contains($0) || !disk.exists(VaultFile.path($0)) }
    }

    /// Whether the content and everything that it is made of are here; nothing is read but lists.
    package func isHere(_ address: ContentAddress) -> Bool {
        guard missing([address]).isEmpty,
            let list = try? VaultContent.list(of: address, on: disk)
        else { return missing([address]).isEmpty }
        return missing(Array(list.addresses)).isEmpty
    }

    /// Chunks as the other vault holds them. Each is checked against its name; when it returns they
    /// survive a power cut.
    /// - Throws: `.damaged` for one that is not what it is called; those before it are not kept.
    package func receive(
        _ files: [(address: ContentAddress, bytes: [UInt8])]
    ) throws(VaultFault) {
        var staged: [VaultDraft.Staged] = []
        do throws(VaultFault) {
            for (address, bytes) in files {
                guard let content = VaultFile.decode(bytes, limit: VaultDraft.largestFile),
                    ContentAddress(digest: Digest.sha256(content)) == address
                else { throw VaultFault.damaged(address) }
                staged.append(try stage(bytes, as: address))
            }
            do throws(SystemError) { try commit(staged) } catch { throw VaultFault(error) }
        } catch {
            for file in staged { try? disk.remove(file.temporary) }
            throw error
        }
        for (address, _) in files {
            fresh[address] = Fresh(storedAt: now())
            distrusted.remove(address)
        }
    }

    /// The list of chunks of a content, once they all are here.
    /// - Throws: `.damaged` where they do not make it.
    package func receive(
        list chunks: [(address: ContentAddress, length: Int)], of address: ContentAddress
    ) throws(VaultFault) {
        var list = ChunkList()
        guard chunks.count <= ChunkList.mostChunks else { throw .damaged(address) }
        for (chunk, length) in chunks {
            guard length > 0, length <= ChunkSplitter.longest, chunk != address,
                let digest = Hex.decode(chunk.hex)
            else { throw .damaged(address) }
            list.append(digest, length: length)
        }
        guard list.size <= Vault.largestStream else {
            throw .tooLarge(ByteCount(Vault.largestStream))
        }
        let file = try stage([VaultFile.list] + list.body(named: address), as: address)
        do throws(SystemError) { try commit([file]) } catch {
            try? disk.remove(file.temporary)
            throw VaultFault(error)
        }
        fresh[address] = Fresh(storedAt: now())
        distrusted.remove(address)
    }

    /// Takes a damaged file away, so that it is fetched again.
    package func discard(_ address: ContentAddress) {
        try? disk.remove(VaultFile.path(address))
        fresh[address] = nil
    }

    /// Removes everything that none of these contents is made of.
    package func keepOnly(_ contents: [ContentAddress]) throws(VaultFault) {
        try beginMarking()
        defer { endSweep() }
        // Nothing else writes here: what is fresh and not named is of no use either.
        fresh = [:]
        marks = AddressFilter()
        try mark(contents)
        for folder in 0..<256 { _ = try sweep(folder: folder) }
    }

    private func stage(
        _ bytes: [UInt8], as address: ContentAddress
    ) throws(VaultFault) -> VaultDraft.Staged {
        let name = Randomness.text(count: 16, from: .lowercaseAlphanumerics)
        let temporary = "\(VaultFile.incoming)/\(name)"
        do throws(SystemError) { try disk.create(temporary, bytes) } catch {
            try? disk.remove(temporary)
            throw VaultFault(error)
        }
        return VaultDraft.Staged(temporary: temporary, address: address)
    }
}

extension VaultDraft {
    /// Bytes of a content that is one file: a whole one or a chunk.
    static let largestFile = max(wholeLimit, ChunkSplitter.longest)
}
