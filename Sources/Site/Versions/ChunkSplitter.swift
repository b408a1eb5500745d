import Crypto

/// Finds where content is cut into chunks, by the content itself: an edit moves the cuts beside it
/// and no others. A rolling sum of the last 64 bytes decides (FastCDC's gear, normalised by one
/// step). The table and the numbers belong to the format of the vault: with others, everything
/// would be stored a second time.
struct ChunkSplitter: Sendable {
    /// Bounds of a chunk's bytes by where it begins. Small ones to 8 MB, where flows are; large
    /// ones after it, so that 200 MB are a thousand files and not ten thousand.
    private struct Regime {
        let shortest: Int
        let usual: Int
        let longest: Int
        /// Before `usual`, one bit more than its logarithm; after it, one less.
        let strict: UInt64
        let loose: UInt64

        init(bits: Int) {
            usual = 1 << bits
            shortest = usual / 4
            longest = usual * 4
            strict = ((1 << (bits + 1)) - 1) << (62 - bits)
            loose = ((1 << (bits - 1)) - 1) << (62 - bits)
        }
    }

    private static let fine = Regime(bits: 14)
    private static let coarse = Regime(bits: 18)
    private static let fineEnd = 8 << 20

    /// 1 MB.
    static let longest = coarse.longest

    private static let gear: [UInt64] = (0...255).map { byte in
        let digest = Digest.sha256(Array("lineside chunk ".utf8) + [UInt8(byte)])
        return digest.prefix(8).reduce(0) { ($0 << 8) | UInt64($1) }
    }

    /// Bytes cut off so far.
    private(set) var offset = 0

    /// - Parameters:
    ///   - bytes: what follows the last cut; the same may be asked again with more.
    ///   - isEnd: nothing comes after `bytes`.
    /// - Returns: the next chunk's length; `nil` until enough is there, and at the end.
    mutating func cut(_ bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) -> Int? {
        let regime = offset < Self.fineEnd ? Self.fine : Self.coarse
        guard bytes.count >= regime.longest || (isEnd && !bytes.isEmpty) else { return nil }
        let length = Self.gear.withUnsafeBufferPointer { Self.length(bytes, regime, gear: $0) }
        offset += length
        return length
    }

    private static func length(
        _ bytes: UnsafeBufferPointer<UInt8>, _ regime: Regime,
        gear: UnsafeBufferPointer<UInt64>
    ) -> Int {
        let end = min(bytes.count, regime.longest)
        guard end > regime.shortest else { return end }
        let middle = min(end, regime.usual)
        var sum: UInt64 = 0
        var index = regime.shortest - 64
        while index < regime.shortest {
            sum = sum &<< 1 &+ gear[Int(bytes[index])]
            index &+= 1
        }
        while index < middle {
            sum = sum &<< 1 &+ gear[Int(bytes[index])]
            index &+= 1
            if sum & regime.strict == 0 { return index }
        }
        while index < end {
            sum = sum &<< 1 &+ gear[Int(bytes[index])]
            index &+= 1
            if sum & regime.loose == 0 { return index }
        }
        return end
    }
}
