import Basics
import Crypto
import Domain

/// One content of the vault, read piece by piece: at most 1 MB and a list of 300 KB in memory.
final class VaultContent {
    let address: ContentAddress
    private let disk: any VaultDisk
    private var source: Source
    private var hasher: SHA256Hasher? = SHA256Hasher()
    private var given = 0

    private enum Source {
        case list(ChunkList, next: Int)
        /// Stored as a whole; bytes of the file that were read and not used.
        case whole(rest: ArraySlice<UInt8>)
        case over
    }

    private let file: FileDescriptor
    private var decoder: ZstandardDecoder?

    init(_ address: ContentAddress, on disk: any VaultDisk) throws(VaultFault) {
        self.address = address
        self.disk = disk
        do throws(SystemError) {
            file = try disk.open(VaultFile.path(address))
            let start = try Files.readPiece(file, address.hex)[...]
            source = .whole(rest: start.dropFirst())
            switch start.first {
            case VaultFile.plain: return
            case VaultFile.zstandard: decoder = ZstandardDecoder()
            case VaultFile.list:
                var body = start
                while body.count <= ChunkList.longest {
                    let more = try Files.readPiece(file, address.hex)
                    if more.isEmpty { break }
                    body += more
                }
                guard let list = ChunkList(body: body.dropFirst(), named: address) else { break }
                source = .list(list, next: 0)
                return
            default: break
            }
        } catch {
            if error.isMissing { throw .missing(address) }
            throw VaultFault(error)
        }
        if decoder == nil { throw .damaged(address) }
    }

    /// `nil` where it is stored as a whole.
    var list: ChunkList? {
        if case .list(let list, _) = source { list } else { nil }
    }

    /// - Returns: `nil` for a content that is stored as a whole, which is not looked into.
    static func list(
        of address: ContentAddress, on disk: any VaultDisk
    ) throws(VaultFault) -> ChunkList? {
        try VaultContent(address, on: disk).list
    }

    /// Up to 1 MB; `nil` at the end, when the whole was found to be what its name says.
    func next() throws(VaultFault) -> [UInt8]? {
        switch source {
        case .over: return nil
        case .list(let list, let index):
            guard let (chunk, length) = index < list.count ? list[index] : nil else {
                return try end()
            }
            source = .list(list, next: index + 1)
            let bytes = try VaultFile.chunk(chunk, length: length, of: address, on: disk)
            return take(bytes)
        case .whole(let rest):
            guard let bytes = try nextOfWhole(rest) else { return try end() }
            guard given + bytes.count <= Vault.largest else { throw .damaged(address) }
            return take(bytes)
        }
    }

    private func take(_ bytes: [UInt8]) -> [UInt8] {
        hasher?.update(bytes)
        given += bytes.count
        return bytes
    }

    private func nextOfWhole(_ rest: ArraySlice<UInt8>) throws(VaultFault) -> [UInt8]? {
        var input = rest
        while true {
            var isEnd = false
            if input.isEmpty {
                do throws(SystemError) { input = try Files.readPiece(file, address.hex)[...] } catch
                {
                    throw VaultFault(error)
                }
                isEnd = input.isEmpty
            }
            guard decoder != nil else {
                source = .whole(rest: [])
                return input.isEmpty ? nil : Array(input)
            }
            guard let output = decoder?.next(&input, most: ChunkSplitter.longest) else {
                throw .damaged(address)
            }
            source = .whole(rest: input)
            if !output.isEmpty { return output }
            if isEnd {
                guard decoder?.isComplete == true else { throw .damaged(address) }
                return nil
            }
        }
    }

    private func end() throws(VaultFault) -> [UInt8]? {
        source = .over
        guard let digest = hasher.take()?.finish(), ContentAddress(digest: digest) == address
        else { throw .damaged(address) }
        return nil
    }
}
