import Basics
package import Domain

/// The vault as devices fetch from it: by chunks, as they lie on the disk.
extension Vault {
    /// - Throws: `.missing`, `.damaged`.
    package func chunks(of content: ContentAddress) throws(VaultFault) -> ContentChunks {
        if let list = try VaultContent.list(of: content, on: disk) {
            let chunks = (0..<list.count).compactMap { index in
                list[index].map { ContentChunks.Chunk(digest: $0.address, size: $0.length) }
            }
            return ContentChunks(size: list.size, chunks: chunks)
        }
        let size = try read(content).count
        return ContentChunks(size: size, chunks: [.init(digest: content, size: size)])
    }

    /// A chunk as its file holds it: a byte of format, then the rest. Whoever gets it checks it
    /// against its name.
    package func file(of chunk: ContentAddress) throws(VaultFault) -> [UInt8] {
        do throws(SystemError) {
            return try disk.read(VaultFile.path(chunk), limit: ByteCount(Vault.largest))
        } catch {
            let fault = error.isMissing ? VaultFault.missing(chunk) : VaultFault(error)
            suspect(fault)
            throw fault
        }
    }
}
