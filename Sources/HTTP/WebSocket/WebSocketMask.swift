import Basics

/// The masking of RFC 6455 §5.3, eight bytes at a time.
enum WebSocketMask {
    /// For a frame of a client; `nil` for one of a server.
    static func random(_ isClient: Bool) -> UInt32? {
        isClient ? Randomness.bytes(4).reduce(0) { $0 << 8 | UInt32($1) } : nil
    }

    /// - Parameter offset: how many bytes of the payload came before these.
    static func apply(
        _ key: UInt32, to bytes: UnsafeMutableBufferPointer<UInt8>, offset: Int
    ) {
        guard let base = bytes.baseAddress, key != 0 else { return }
        // The key as it lies in memory, turned so that its first byte meets our first byte.
        let shift = UInt32(offset & 3) * 8
        let turned = shift == 0 ? key : (key &>> shift | key &<< (32 - shift))
        let wide = UInt64(turned) | UInt64(turned) << 32
        var index = 0
        while index &+ 8 <= bytes.count {
            let place = UnsafeMutableRawPointer(base + index)
            let word = place.loadUnaligned(as: UInt64.self)
            place.storeBytes(of: word ^ wide.littleEndian, as: UInt64.self)
            index &+= 8
        }
        while index < bytes.count {
            base[index] ^= UInt8(truncatingIfNeeded: turned &>> (UInt32(index & 3) * 8))
            index &+= 1
        }
    }
}
