import Basics
import Crypto
import Domain
import Glibc

/// One file of the vault: a byte of format and what it says.
enum VaultFile {
    static let plain: UInt8 = 0
    static let zstandard: UInt8 = 1
    static let list: UInt8 = 2

    /// Bytes of the longest file of a chunk or list; what is longer holds a whole content and was
    /// stored before there were lists.
    static let longest = ChunkSplitter.longest + 1

    static let incoming = ".incoming"

    static func folder(_ address: ContentAddress) -> String { String(address.hex.prefix(2)) }
    static func path(_ address: ContentAddress) -> String { "\(folder(address))/\(address)" }

    /// Compressed where that is shorter.
    static func encode(_ content: ArraySlice<UInt8>) -> [UInt8] {
        if let shorter = Zstandard.compress(content), shorter.count < content.count {
            return [zstandard] + shorter
        }
        return [plain] + content
    }

    /// `nil` for damage, for a list and for what is longer than `limit` bytes.
    static func decode(_ file: [UInt8], limit: Int) -> [UInt8]? {
        let rest = file.dropFirst()
        switch file.first {
        case plain: return rest.count <= limit ? Array(rest) : nil
        case zstandard: return Zstandard.decompress(rest, limit: limit)
        default: return nil
        }
    }

    /// A chunk, checked.
    static func chunk(
        _ address: ContentAddress, length: Int, of content: ContentAddress, on disk: any VaultDisk
    ) throws(VaultFault) -> [UInt8] {
        let file: [UInt8]
        do throws(SystemError) {
            file = try disk.read(path(address), limit: ByteCount(longest))
        } catch {
            if error.isMissing { throw .missing(content, chunk: address) }
            if error.code == EFBIG { throw .damaged(content, chunk: address) }
            throw VaultFault(error)
        }
        guard let bytes = decode(file, limit: length), bytes.count == length,
            ContentAddress(digest: Digest.sha256(bytes)) == address
        else { throw .damaged(content, chunk: address) }
        return bytes
    }
}
