import Basics
import Crypto
import Domain

/// The names and lengths of the chunks that make one content, in order. As a file: its content's
/// size in eight bytes, for each chunk its SHA-256 and its length in four bytes (all big-endian),
/// and the SHA-256 of the content's name and all of that. 36 bytes a chunk: 1.5 KB for a flow of
/// 1 MB.
struct ChunkList: Sendable {
    private static let entryLength = 36
    /// 1 GB are at most 2,048 chunks of 4 KB and 16,256 of 64 KB.
    static let mostChunks = 18_304
    /// Bytes of the longest file of a list, without its byte of format.
    static let longest = 8 + mostChunks * entryLength + 32

    private var entries: [UInt8] = []
    /// Of the content, in bytes.
    private(set) var size = 0

    init() {}

    var count: Int { entries.count / Self.entryLength }
    /// Bytes that it takes in memory.
    var held: Int { entries.capacity }

    mutating func append(_ digest: [UInt8], length: Int) {
        entries += digest
        entries += Self.bigEndian(length, bytes: 4)
        size += length
    }

    subscript(index: Int) -> (address: ContentAddress, length: Int)? {
        let start = index * Self.entryLength
        guard let address = ContentAddress(digest: Array(entries[start..<start + 32])) else {
            return nil
        }
        return (address, Self.number(entries[start + 32..<start + 36]))
    }

    /// The names of its chunks.
    var addresses: some Sequence<ContentAddress> {
        (0..<count).lazy.compactMap { self[$0]?.address }
    }

    func body(named address: ContentAddress) -> [UInt8] {
        let start = Self.bigEndian(size, bytes: 8) + entries
        return start + Self.seal(start, address)
    }

    /// `nil` for anything but a whole list of that content: hostile lengths and a list that names
    /// itself too.
    init?(body: ArraySlice<UInt8>, named address: ContentAddress) {
        let rest = body.count - 40
        guard rest > 0, rest % Self.entryLength == 0,
            rest / Self.entryLength <= Self.mostChunks
        else { return nil }
        let start = Array(body.dropLast(32))
        guard Array(body.suffix(32)) == Self.seal(start, address) else { return nil }
        entries = Array(start.dropFirst(8))
        for index in 0..<count {
            guard let (chunk, length) = self[index], chunk != address, length > 0,
                length <= ChunkSplitter.longest
            else { return nil }
            size += length
        }
        guard size == Self.number(start.prefix(8)), size <= Vault.largestStream else { return nil }
    }

    private static func seal(_ start: [UInt8], _ address: ContentAddress) -> [UInt8] {
        Digest.sha256(Array(address.hex.utf8) + start)
    }

    private static func bigEndian(_ number: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: number >> (8 * (bytes - 1 - $0))) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { ($0 << 8) | Int($1) }
    }
}
