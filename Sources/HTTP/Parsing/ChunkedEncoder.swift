/// The chunked coding, outwards.
package enum ChunkedEncoder {
    /// Goes in front of `count` bytes, which `end` follows. Never for nothing: that would be the
    /// last chunk.
    package static func start(_ count: Int) -> [UInt8] {
        precondition(count > 0, "an empty chunk ends the body")
        return Array("\(String(count, radix: 16))\r\n".utf8)
    }

    package static let end: [UInt8] = [0x0D, 0x0A]
    /// Last chunk, no trailers.
    package static let last: [UInt8] = Array("0\r\n\r\n".utf8)

    package static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        var chunk = start(bytes.count)
        chunk.reserveCapacity(chunk.count + bytes.count + 2)
        chunk += bytes
        chunk += end
        return chunk
    }
}
