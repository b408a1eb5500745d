/// A gzip file whose blocks are stored as they are (RFC 1951 §3.2.4): the same bytes give the same
/// file wherever and however often it is made, its length is known before its content is read, and
/// nothing is linked for it. On a plant's network reading the disk is the slower part; a link
/// below 50 Mbit/s pays with four times the time for a whole Node-RED (88 MB against 18).
struct StoredGzip: Sendable {
    private static let block = 65_535

    private var pending: [UInt8] = []
    private var sum = CRC32()
    private var size: UInt32 = 0
    private var hasBegun = false

    /// Of the file that `size` bytes make.
    static func length(of size: Int) -> Int {
        10 + size + 5 * max(1, (size + block - 1) / block) + 8
    }

    /// - Returns: what of the file is ready, however the bytes come in pieces.
    mutating func append(_ bytes: [UInt8]) -> [UInt8] {
        sum.update(bytes[...])
        size &+= UInt32(truncatingIfNeeded: bytes.count)
        pending += bytes
        var output = begin()
        var start = 0
        // The last block is held back: it says that it is the last.
        while pending.count - start > Self.block {
            append(pending[start..<start + Self.block], isLast: false, to: &output)
            start += Self.block
        }
        pending.removeFirst(start)
        return output
    }

    mutating func finish() -> [UInt8] {
        var output = begin()
        append(pending[...], isLast: true, to: &output)
        for number in [sum.value, size] { output += Self.littleEndian(number) }
        return output
    }

    private mutating func begin() -> [UInt8] {
        if hasBegun { return [] }
        hasBegun = true
        // No name, no time, no system.
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
    }

    private func append(_ block: ArraySlice<UInt8>, isLast: Bool, to output: inout [UInt8]) {
        let count = UInt16(block.count)
        output.append(isLast ? 1 : 0)
        output += [UInt8(count & 0xFF), UInt8(count >> 8)]
        output += [UInt8(~count & 0xFF), UInt8(~count >> 8)]
        output += block
    }

    private static func littleEndian(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
